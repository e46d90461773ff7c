using Bld.Registry;

namespace Bld.Builder.Engine.Images;

/// <summary>What a layer's tarball became when it was compressed.</summary>
/// <param name="Digest">The blob's digest.</param>
/// <param name="Size">The blob's length.</param>
/// <param name="Annotations">What descriptors of the blob say about it; empty for most.</param>
internal sealed record CompressedLayer(Digest Digest, long Size, IReadOnlyDictionary<string, string> Annotations);
