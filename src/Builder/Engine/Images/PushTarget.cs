namespace Bld.Builder.Engine.Images;

/// <summary>A registry's image that a build will be pushed to.</summary>
/// <param name="name">Its name.</param>
/// <param name="options">How it is written there.</param>
internal sealed class PushTarget(string name, PushOptions options)
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>How it is written there.</summary>
    public PushOptions Options => options;
}
