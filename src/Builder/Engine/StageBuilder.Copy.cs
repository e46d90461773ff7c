using Bld.Builder.Cache;
using Bld.Builder.Context;
using Bld.Builder.Copy;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Runtime.Linux;
using Bld.Runtime.Users;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Engine;

/// <summary>COPY, ADD and WORKDIR: the instructions that write files without running anything.</summary>
internal sealed partial class StageBuilder
{
    private void Copy(CopyInstruction instruction)
    {
        foreach (var word in instruction.Sources)
        {
            if (RemoteSource.IsGit(Expand(word)))
            {
                throw new BuildException("source can't be a git ref for COPY");
            }

            if (RemoteSource.IsUrl(Expand(word)))
            {
                throw new BuildException("source can't be a URL for COPY");
            }
        }

        using var finder = new SourceFinder(session, scheduler, planned);
        var from = instruction.From is { } reference ? Expand(reference) : null;
        var request = IntoDirectory(Request(instruction, instruction.Sources.Select(Expand)) with { Parents = instruction.Parents });
        CopyInto(instruction, [Part(new Copier(finder.Find(from), request, session.Cancellation))], request);
    }

    private void CopyInto(TransferInstruction instruction, IReadOnlyList<CopyPart> parts, CopyRequest request)
    {
        var inputs = new CacheKeyBuilder("copy 2", instruction.Link ? null : _state.Key)
            .AddEach("content", parts.Select(static part => part.Key))
            .Add("destination", request.Destination)
            .AddOptional("owner", request.Owner?.ToString())
            .AddOptional("mode", request.Mode?.Text)
            .Add("parents", request.Parents.ToString())
            .AddEach("exclude", instruction.Excludes);
        foreach (var part in parts)
        {
            inputs.Detail(part.Key, part.Notes);
        }

        var shown = HistoryText.Transfer(
            instruction, instruction.Sources.Select(Expand), Expand(instruction.Destination), ExpandOptional(instruction.Owner), ExpandOptional(instruction.Mode));
        var place = FileCalls.Status(session.Request.Context.Root);
        var again = new CacheKeyBuilder("copy again", null)
            .Add("instruction", shown).Add("context", $"{place.Device}:{place.Inode}").Add("stage", planned.Stage.Index.ToString()).ToKey();
        Layer(
            instruction.Link ? new CacheKeyBuilder("linked", _state.Key).Add("layer", inputs.ToKey().Hex) : inputs,
            shown,
            Make,
            instruction.Link ? inputs.ToKey() : null);

        void Make(ActiveSnapshot active)
        {
            using var progress = new CopyProgress(session.Observer, _step, active.UpperHandle, parts.Any(static part => part.Occupied == 0) ? 0 : parts.Sum(static part => part.Occupied));
            using var view = instruction.Link ? null : Services.Snapshots.MountReadOnly(_state.Top);
            using var earlier = _usesCache ? FindEarlierCopy(again) : null;
            var tracking = new CopyTracking(earlier);
            foreach (var copier in parts.Select(static part => part.Copier()))
            {
                copier.Execute(active.UpperHandle, _state.Top is null ? null : view?.Root, tracking);
                _haveSourcesChanged |= copier.HaveSourcesChanged;
            }

            if (!_haveSourcesChanged && !tracking.Manifest.IsEmpty)
            {
                active.WriteNote(CopyManifest.FileName, tracking.Manifest);
                Services.Cache.Publish(again, new CacheRecord { Snapshot = active.Id.ToString(), Created = session.Now });
            }
        }
    }

    /// <summary>Several sources go into a directory, with a slash behind it or not.</summary>
    private static CopyRequest IntoDirectory(CopyRequest request) =>
        request.Sources.Count + request.InlineFiles.Count > 1 && !request.Destination.EndsWith('/') ? request with { Destination = request.Destination + "/" } : request;

    /// <summary>What the same instruction made the last time, of whatever content.</summary>
    private EarlierCopy? FindEarlierCopy(CacheKey again)
    {
        if (SnapshotId.TryParse(Services.Cache.Find(again)?.Snapshot) is not { } id || !Services.Snapshots.IsComplete(id)
            || Services.Snapshots.Get(id) is not { } snapshot
            || Services.Snapshots.ReadNote(id, CopyManifest.FileName) is not { } manifest)
        {
            return null;
        }

        var root = FileCalls.Open(snapshot.Path, OpenFlags.ReadOnly | OpenFlags.Directory);
        return new EarlierCopy(root, manifest);
    }

    private CopyRequest Request(TransferInstruction instruction, IEnumerable<string> sources)
    {
        var mode = instruction.Mode is { } word ? ModeChange.Parse(Expand(word)) : null;
        return new CopyRequest
        {
            Sources = [.. sources],
            InlineFiles = [.. instruction.Heredocs.Select(InlineFile)],
            Destination = Destination(Expand(instruction.Destination)),
            Owner = instruction.Owner is { } owner ? Owner(Expand(owner)) : null,
            Mode = mode,
            DirectoryMode = mode,
            Excludes = instruction.Excludes.Count > 0 ? IgnoreRules.Of(instruction.Excludes) : IgnoreRules.None,
        };
    }

    private InlineFile InlineFile(Heredoc heredoc) => new(
        heredoc.Name,
        System.Text.Encoding.UTF8.GetBytes(
            heredoc.Expands ? WordExpander.ExpandText(heredoc.Content, _state.Variables.Lookup) : heredoc.Content));

    private string Destination(string path)
    {
        if (path.Length == 0)
        {
            path = "./";
        }

        var directory = path.EndsWith('/') || path.EndsWith("/.") || path is ".";
        var absolute = path.StartsWith('/') ? path : $"{_state.WorkingDirectory.TrimEnd('/')}/{path}";
        var cleaned = "/" + RootPath.Clean(absolute);
        return directory && cleaned != "/" ? cleaned + "/" : cleaned;
    }

    private (uint User, uint Group) Owner(string text)
    {
        if (uint.TryParse(text, System.Globalization.NumberStyles.None, null, out var id))
        {
            // A number alone is user and group, whoever has it in the image's passwd.
            return (id, id);
        }

        using var view = Services.Snapshots.MountReadOnly(_state.Top);
        var users = new UserDatabase(view.Root);
        var user = users.Resolve(text);
        return (user.Uid, user.Gid);
    }

    private string? ExpandOptional(string? word) => word is null ? null : Expand(word);

    private void Workdir(WorkdirInstruction instruction)
    {
        var word = Expand(instruction.Directory);
        var path = "/" + RootPath.Clean(word.StartsWith('/') ? word : $"{_state.WorkingDirectory}/{word}");
        Settings = Settings with { WorkingDir = path };
        if (path == "/")
        {
            Configured(HistoryText.Word("WORKDIR", path));
            return;
        }

        var inputs = new CacheKeyBuilder("workdir", _state.Key).Add("path", path).Add("user", _state.User)
            .AddOptional("time", (session.Request.SourceDateEpoch ?? session.Request.Timestamp)?.ToString());
        Layer(inputs, HistoryText.Word("WORKDIR", path), active => MakeWorkingDirectory(active.UpperHandle, path));
    }

    private void MakeWorkingDirectory(SafeFileHandle upper, string path)
    {
        using var view = Services.Snapshots.MountReadOnly(_state.Top);
        var root = _state.Top is null ? null : view.Root;
        var resolved = RootPath.Resolve(root, ByteString.From(path));
        if (resolved.Missing.Count == 0)
        {
            if (!resolved.Existing.IsEmpty && !FileCalls.Status(view.Root, resolved.Existing.Span).IsDirectory)
            {
                throw new BuildException($"cannot make the working directory {path}: not a directory but a file has this name");
            }

            return;
        }

        var user = new UserDatabase(view.Root).Resolve(_state.User);
        var directories = new TargetDirectories(upper, root, (user.Uid, user.Gid));
        directories.Open(resolved.Full).Dispose();
        if ((session.Request.SourceDateEpoch ?? session.Request.Timestamp) is { } seconds)
        {
            directories.SetTime(resolved.Full, new FileTime(seconds, 0));
        }

        directories.Finish();
    }
}
