using System.Text;

namespace Bld.Registry;

/// <summary>The digest that names a whole stack of layers, the lowest first (OCI image-spec, "Layer ChainID").</summary>
public readonly record struct ChainId(Digest Digest)
{
    /// <summary>The chain of one layer alone: its diff id.</summary>
    public static ChainId Of(DiffId lowest) => new(lowest.Digest);

    /// <summary>The chain of several layers, the lowest first; null for none.</summary>
    public static ChainId? Of(IEnumerable<DiffId> layers)
    {
        ChainId? chain = null;
        foreach (var layer in layers)
        {
            chain = chain?.Append(layer) ?? Of(layer);
        }

        return chain;
    }

    /// <summary>The chain with one more layer on top.</summary>
    public ChainId Append(DiffId layer) => new(Digest.Of(Encoding.ASCII.GetBytes($"{Digest} {layer}")));

    /// <inheritdoc/>
    public override string ToString() => Digest.ToString();
}
