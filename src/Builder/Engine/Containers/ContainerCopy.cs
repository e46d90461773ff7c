using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Registry;
using Bld.Runtime.Linux;
using Bld.Runtime.Users;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine.Containers;

/// <summary>What <c>bld copy</c> and <c>bld add</c> are asked for.</summary>
internal sealed record ContainerCopyRequest
{
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Path in the container; what is not absolute begins at the working directory, which is also what nothing means.</summary>
    public string Destination { get; init; } = "";

    public string? Owner { get; init; }

    public string? Mode { get; init; }

    /// <summary>A container or an image that the sources lie in; null for the host.</summary>
    public string? From { get; init; }

    /// <summary>The directory that the sources lie in and that no link leaves; null for any place of the host.</summary>
    public string? ContextDirectory { get; init; }

    public string? IgnoreFile { get; init; }

    /// <summary>Patterns of what is left out, by the paths within each source.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>Patterns of what is left out, by the paths from the context directory or the root of <see cref="From"/>.</summary>
    public IReadOnlyList<string> RootExcludes { get; init; } = [];

    public bool Parents { get; init; }

    /// <inheritdoc cref="CopyRequest.AllowsNoMatch"/>
    public bool AllowsNoMatch { get; init; }

    /// <inheritdoc cref="CopyRequest.KeepsLinks"/>
    public bool KeepsLinks { get; init; }

    /// <summary>Seconds since 1970 that are the time of everything that is copied.</summary>
    public long? Timestamp { get; init; }

    /// <summary>Whether archives are unpacked: <c>add</c>.</summary>
    public bool IsAdd { get; init; }

    public string? Checksum { get; init; }

    /// <summary>How the servers of URLs are spoken to.</summary>
    public RegistryOptions Fetching { get; init; } = new();

    /// <summary>Whether the digest of what is copied is of interest: it costs a reading of everything.</summary>
    public bool WantsDigest { get; init; }

    /// <summary>Whether no character of a source means more than itself.</summary>
    public bool IsLiteral { get; init; }
}

/// <summary>Copies into working containers.</summary>
internal sealed class ContainerCopy(EngineServices services, WorkingContainerStore containers, CancellationToken cancellation)
{
    /// <summary>Copies; nothing is changed unless all of it worked.</summary>
    /// <returns>A digest of what was copied; null when nobody wants it.</returns>
    public Digest? Copy(WorkingContainer container, ContainerCopyRequest request)
    {
        using var held = containers.Hold(container, cancellation);
        using var sources = new CopySources(services, request, cancellation);
        var digests = new List<Digest>();
        RootChange.Apply(services, held, (upper, view) =>
        {
            using var empty = view is null ? services.Snapshots.MountReadOnly(null) : null;
            var copy = Request(held.Record, request, view ?? empty!.Root);
            foreach (var part in sources.Open(copy))
            {
                if (request.WantsDigest)
                {
                    digests.Add(part.ContentDigest(services.Digests));
                }

                part.Execute(upper, view);
            }
        });
        if (!request.WantsDigest)
        {
            return null;
        }

        services.Digests.Save();
        return digests.Count == 1 ? digests[0] : Digest.Of(System.Text.Encoding.ASCII.GetBytes(string.Join('\n', digests)));
    }

    private static CopyRequest Request(WorkingContainer container, ContainerCopyRequest request, SafeFileHandle view) => new()
    {
        Sources = request.Sources,
        Destination = Destination(container, request),
        Owner = request.Owner is { Length: > 0 } owner ? Owner(view, owner) : null,
        Mode = request.Mode is { Length: > 0 } mode ? ModeChange.Parse(mode) : null,
        Parents = request.Parents,
        Excludes = request.Excludes.Count > 0 ? IgnoreRules.Of(request.Excludes) : IgnoreRules.None,
        IsLiteral = request.IsLiteral,
        AllowsNoMatch = request.AllowsNoMatch,
        KeepsLinks = request.KeepsLinks,
        Time = request.Timestamp is { } seconds ? new FileTime(seconds, 0) : null,
    };

    private static (uint User, uint Group) Owner(SafeFileHandle view, string text)
    {
        var user = new UserDatabase(view).Resolve(text);
        // A number that nobody has is the group's, too.
        return (user.Uid, user.Name is null && !text.Contains(':') ? user.Uid : user.Gid);
    }

    private static string Destination(WorkingContainer container, ContainerCopyRequest request)
    {
        var directory = container.Config.Config?.WorkingDir is { Length: > 0 } configured ? configured : "/";
        var path = request.Destination.Length == 0 ? directory + "/" : request.Destination;
        var isDirectory = path.EndsWith('/') || path.EndsWith("/.") || path is "." || request.Sources.Count > 1;
        var cleaned = "/" + RootPath.Clean(path.StartsWith('/') ? path : $"{directory}/{path}");
        return isDirectory && cleaned != "/" ? cleaned + "/" : cleaned;
    }
}
