using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Store;
using Bld.Dockerfile;

namespace Bld.Builder.Engine;

/// <summary>ADD: COPY from the context, and from what lies elsewhere.</summary>
internal sealed partial class StageBuilder
{
    private void Add(AddInstruction instruction)
    {
        var words = instruction.Sources.Select(Expand).Select(Allowed).ToList();
        var checksum = ExpandOptional(instruction.Checksum);
        CheckChecksum(checksum, words);
        var request = IntoDirectory(Request(instruction, words));
        var parts = new List<CopyPart>();
        for (var i = 0; i < words.Count;)
        {
            // Neighbours from the context are one copy.
            var count = words.Skip(i).TakeWhile(static word => !RemoteSource.IsRemote(word)).Count();
            parts.Add(count > 0
                ? Local(instruction, request with { Sources = words.GetRange(i, count), InlineFiles = [] })
                : Remote(instruction, request with { Sources = [words[i]], InlineFiles = [] }, checksum));
            i += Math.Max(1, count);
        }

        if (request.InlineFiles.Count > 0)
        {
            parts.Add(Local(instruction, request with { Sources = [] }));
        }

        CopyInto(instruction, parts, request);
    }

    private string Allowed(string source) =>
        session.Request.SourcePolicy is { } policy && RemoteSource.IsRemote(source) ? policy.Source(source) : source;

    private static void CheckChecksum(string? checksum, List<string> words)
    {
        if (string.IsNullOrEmpty(checksum))
        {
            return;
        }

        if (words.Count != 1)
        {
            throw new BuildException("checksum can't be specified for multiple sources");
        }

        if (!RemoteSource.IsRemote(words[0]))
        {
            throw new BuildException("checksum requires HTTP(S) or Git sources");
        }
    }

    private CopyPart Local(AddInstruction instruction, CopyRequest request) =>
        Part(new Copier(session.Request.Context.Source, request with { Unpacks = instruction.Unpack ?? true }, session.Cancellation));

    private CopyPart Remote(AddInstruction instruction, CopyRequest request, string? checksum) =>
        RemoteSource.IsGit(request.Sources[0])
            ? Git(instruction, request, checksum)
            : Url(instruction, request, string.IsNullOrEmpty(checksum) ? null : SourceChecksum.Parse(checksum));

    private CopyPart Url(AddInstruction instruction, CopyRequest request, SourceChecksum? checksum)
    {
        var url = request.Sources[0];
        request = request with { Sources = [Download.NameOf(url)], IsLiteral = true, Unpacks = instruction.Unpack ?? false };

        // A file whose checksum is known needn't be fetched to find out whether it was copied before.
        return checksum is null
            ? Part(Fetch())
            : new CopyPart($"{request.Sources[0]} {checksum.Text} {request.Unpacks}", Fetch);

        Copier Fetch() => new(RemoteSources.Tree(session.Fetches.GetUrl(url, checksum), GitReference.WithoutCredentials(url)), request, session.Cancellation);
    }

    private CopyPart Git(AddInstruction instruction, CopyRequest request, string? checksum)
    {
        var reference = RemoteAdd.Reference(instruction, request.Sources[0], checksum);
        var keeps = RemoteAdd.Keeps(instruction, reference);
        var commit = session.Fetches.GetCommit(reference);
        request = request with { Sources = [reference.Subdirectory ?? "/"], IsLiteral = true };
        return new CopyPart($"git {reference.Shown} {commit.Id} {reference.Subdirectory} {keeps} {reference.Submodules}", () =>
            new Copier(RemoteSources.Tree(session.Fetches.GetCheckOut(reference, commit, keeps), reference.Shown), request, session.Cancellation));
    }

    private CopyPart Part(Copier copier)
    {
        var notes = new TreeNotes();
        return new(copier.ContentDigest(Services.Digests, notes).ToString(), () => copier) { Notes = notes.Lines, Occupied = copier.Occupied };
    }

    /// <summary>A part of what one instruction copies.</summary>
    /// <param name="Key">What tells its content from any other.</param>
    /// <param name="Copier">Fetches it, if that hasn't been done yet.</param>
    private sealed record CopyPart(string Key, Func<Copier> Copier)
    {
        /// <summary>What <see cref="Key"/> was made of; empty when it says so itself.</summary>
        public ReadOnlyMemory<byte> Notes { get; init; }

        /// <summary>The bytes that it occupies, as <c>du</c> counts; 0 when nobody knows.</summary>
        public long Occupied { get; init; }
    }
}
