using Bld.Builder.Layers.Encryption;
using Bld.Builder.Store;

namespace Bld.Builder.Engine.Images;

/// <summary>Which of an image's layers are encrypted when it is written elsewhere, and for whom.</summary>
/// <param name="recipients">Those who may read them; at least one.</param>
/// <param name="layers">Places of layers, 0 for the lowest or -1 for the highest; none for all.</param>
internal sealed class LayerEncryption(IReadOnlyList<RecipientKey> recipients, int[] layers)
{
    /// <summary>Those who may read the encrypted layers.</summary>
    public IReadOnlyList<RecipientKey> Recipients => recipients;

    /// <summary>Says of each layer whether it is encrypted.</summary>
    /// <param name="count">How many the image has.</param>
    /// <exception cref="BuildException">One is meant that the image doesn't have.</exception>
    public bool[] Choose(int count)
    {
        var chosen = new bool[count];
        Array.Fill(chosen, layers.Length == 0);
        foreach (var place in layers)
        {
            if (place < -count || place >= count)
            {
                throw new BuildException($"--encrypt-layer {place}: the image has {count} layers, which are 0 to {count - 1} from below or -1 to -{count} from above");
            }

            chosen[place < 0 ? count + place : place] = true;
        }

        return chosen;
    }
}
