using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>The signature that <c>--sign-by</c> makes of an image in a registry. The key is looked for before anything is written.</summary>
internal sealed class PushSignature : IDisposable
{
    private readonly TransportReference _target;
    private readonly string _signer;
    private readonly SigningKey? _key;

    private PushSignature(TransportReference target, string signer, SigningKey? key) => (_target, _signer, _key) = (target, signer, key);

    /// <summary>The flag.</summary>
    public static Flag Flag { get; } = new("sign-by", FlagKind.Text, "sign by a key of GPG's keyring (its fingerprint), or in the way of cosign by an ECDSA key (its file, PEM)");

    /// <summary>What the command line asks for; null for no signature.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="target">Where the image goes; null for the store.</param>
    /// <exception cref="UsageException">Signatures can't lie there.</exception>
    /// <exception cref="RegistryException">There is no such key.</exception>
    public static PushSignature? Of(ParsedFlags flags, TransportReference? target)
    {
        if (flags.Text(Flag.Name) is not { Length: > 0 } signer)
        {
            return null;
        }

        return target is { Kind: TransportKind.Registry } ? new PushSignature(target, signer, Find(signer)) : throw Nowhere();
    }

    /// <summary>Refuses a signature that can't be made, before anything is.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="goesToRegistry">Whether the image goes to one.</param>
    /// <exception cref="UsageException">Signatures can't lie where it goes.</exception>
    public static void Check(ParsedFlags flags, bool goesToRegistry)
    {
        if (flags.Text(Flag.Name) is not { Length: > 0 } signer)
        {
            return;
        }

        if (!goesToRegistry)
        {
            throw Nowhere();
        }

        Find(signer)?.Dispose();
    }

    /// <summary>Signs what was pushed.</summary>
    public void Sign(Session session, Digest digest, CancellationToken cancellation)
    {
        using var client = session.Transports.Access.Open(RegistryName.Parse(ImageNames.WithDefaultHost(_target.Path)));
        if (_key is { } key)
        {
            SigstoreSignatures.Sign(client, digest, key, cancellation);
        }
        else
        {
            SimpleSigning.Sign(client, digest, _signer, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key?.Dispose();

    /// <summary>The key of a file; null for one of GPG's, which is there.</summary>
    private static SigningKey? Find(string signer)
    {
        if (signer.Contains('/') || File.Exists(signer))
        {
            return SigningKey.Read(signer);
        }

        SimpleSigning.CheckKey(signer);
        return null;
    }

    private static UsageException Nowhere() =>
        new("--sign-by signs images in registries only, because a signature is of an image's name there: give a destination such as docker://NAME");
}
