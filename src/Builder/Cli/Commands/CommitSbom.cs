using Bld.Builder.Engine.Containers;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Sbom;
using Bld.Builder.Snapshots;

namespace Bld.Builder.Cli.Commands;

/// <summary>The SBOM of an image that <c>bld commit</c> makes. It is made of the container's files, because it may go into the image too.</summary>
internal sealed class CommitSbom : IDisposable
{
    private readonly Session _session;
    private readonly CommandLine _line;
    private readonly SbomFormat _format;
    private readonly CommitRequest _request;
    private readonly string _name;
    private readonly SbomFiles _files;
    private Attestation? _attestation;

    private CommitSbom(Session session, CommandLine line, SbomFormat format, CommitRequest request, string name)
    {
        (_session, _line, _format, _name) = (session, line, format, name);
        _files = new SbomFiles(session.State);
        _request = request with { Inspect = Describe };
    }

    /// <summary>The request that makes the SBOM on the way.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="session">The session.</param>
    /// <param name="line">The command line.</param>
    /// <param name="name">What the image is called.</param>
    /// <param name="sbom">What to keep beside the image afterwards; null when the command line wants no SBOM.</param>
    public static CommitRequest Add(CommitRequest request, Session session, CommandLine line, string name, out CommitSbom? sbom)
    {
        sbom = SbomFlags.Read(line.Flags) is { } format ? new CommitSbom(session, line, format, request, name) : null;
        return sbom?._request ?? request;
    }

    /// <summary>Keeps it beside the image, with which it leaves.</summary>
    public void Attest(string imageId)
    {
        if (_attestation is { } attestation)
        {
            _session.Images.SetAttestations(imageId, Attestations.ToBytes([attestation]));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();

    private IReadOnlyList<(string Source, string Destination)> Describe(SnapshotId root)
    {
        var time = (_request.Timestamp ?? _request.SourceDateEpoch) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : DateTimeOffset.UtcNow;
        var bill = BillOfMaterials.Scan(root, _name, root.ToString(), time, _session.Snapshots, BudAttestations.Warn, _line.Cancellation);
        _attestation = SbomFlags.Write(_line.Flags, bill, _format);
        return _files.Write(bill, _format, SbomFlags.Places(_line.Flags));
    }
}
