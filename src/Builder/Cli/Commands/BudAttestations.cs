using System.Text;

using Bld.Builder.Cli.Flags;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Sbom;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>What <c>--sbom</c> and <c>--provenance</c> claim about a built image. It is kept beside the image and goes where the image goes.</summary>
internal sealed class BudAttestations(Session session, CommandLine line)
{
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    /// <summary>Refuses what can't be understood, before anything is built.</summary>
    public static void Check(ParsedFlags flags)
    {
        _ = SbomFlags.Read(flags);
        _ = AttestFlags.Provenance(flags);
        _ = AttestFlags.WantSbom(flags);
    }

    /// <summary>What the build puts into the image; null for nothing.</summary>
    public static SbomRequest? InImage(ParsedFlags flags, IReadOnlyList<string> names) =>
        SbomFlags.Read(flags) is { } format && SbomFlags.Places(flags) is { IsAny: true } places ? new SbomRequest(format, names.Count > 0 ? names[0] : null, places, Warn) : null;

    /// <summary>Attests an image, if the command line wants it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="bill">The software in it where the build has looked already; else null.</param>
    /// <param name="request">What was built.</param>
    public void Add(StoredImage image, BillOfMaterials? bill, BuildRequest request)
    {
        var attestations = new List<Attestation>();
        if (SbomFlags.Read(line.Flags) is { } format)
        {
            var name = request.Names.Count > 0 ? request.Names[0] : image.Id;
            bill ??= BillOfMaterials.Scan(session.Puller.Unpacked(image, line.Cancellation), name, session.Snapshots, Warn, line.Cancellation);
            attestations.Add(SbomFlags.Write(line.Flags, bill, format));
        }

        if (AttestFlags.Provenance(line.Flags) is { } provenance)
        {
            attestations.Add(new Attestation(Provenance.Type, Describe(image, request, provenance).ToJson(ThisAssembly.Version)));
        }

        if (attestations.Count > 0)
        {
            session.Images.SetAttestations(image.Id, Attestations.ToBytes(attestations));
        }
    }

    private Provenance Describe(StoredImage image, BuildRequest request, ProvenanceFlag wanted) => new()
    {
        Dockerfile = request.DockerfileName,
        DockerfileDigest = Digest.Of(Encoding.UTF8.GetBytes(request.DockerfileText)).ToString(),
        Target = request.Target,
        Platform = session.Lists.Members.Describe(image).Platform?.ToString() ?? "",
        Builder = wanted.Builder,
        Arguments = wanted.ShowsArguments ? request.BuildArguments : null,
        Materials = Materials(request),
        Started = _started,
        Finished = DateTimeOffset.UtcNow,
    };

    private List<(string Name, string Digest)> Materials(BuildRequest request)
    {
        var document = DockerfileParser.Parse(request.DockerfileText, request.DockerfileName);
        var found = new List<(string, string)>();
        foreach (var name in document.Stages.Select(static stage => stage.From.Image).Distinct())
        {
            if (ImageNames.Candidates(name).Select(session.Images.Find).OfType<StoredImage>().FirstOrDefault() is { } stored)
            {
                found.Add((name, stored.ManifestDigest.ToString()));
            }
        }

        return found;
    }

    /// <summary>Says what could not be read.</summary>
    public static void Warn(string message) => Console.Error.WriteLine($"[Warning] {message}");
}
