using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>The signature that <c>--sign-by</c> puts beside an image in its registry. The key is read before anything is written.</summary>
internal sealed class PushSignature : IDisposable
{
    private readonly TransportReference _target;
    private readonly SigningKey _key;

    private PushSignature(TransportReference target, SigningKey key) => (_target, _key) = (target, key);

    /// <summary>The flag.</summary>
    public static Flag Flag { get; } = new("sign-by", FlagKind.Text, "file of an ECDSA key (PEM) to sign with, in the way of cosign");

    /// <summary>What the command line asks for; null for no signature.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="target">Where the image goes; null for the store.</param>
    /// <exception cref="UsageException">Signatures can't lie there.</exception>
    public static PushSignature? Of(ParsedFlags flags, TransportReference? target)
    {
        if (flags.Text(Flag.Name) is not { } path)
        {
            return null;
        }

        return target is { Kind: TransportKind.Registry }
            ? new PushSignature(target, SigningKey.Read(path))
            : throw new UsageException("--sign-by signs images in registries only, because a signature lies beside its image there: give a destination such as docker://NAME");
    }

    /// <summary>Signs what was pushed.</summary>
    public void Sign(Session session, Digest digest, CancellationToken cancellation)
    {
        using var client = session.Transports.Access.Open(RegistryName.Parse(ImageNames.WithDefaultHost(_target.Path)));
        SigstoreSignatures.Sign(client, digest, _key, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
