using System.Diagnostics;

using Bld.Builder.Store;

namespace Bld.Builder.Context;

/// <summary>The commit that a reference means.</summary>
/// <param name="Id">Its id.</param>
/// <param name="FullRef">The ref that led to it; null when the id itself was asked for.</param>
internal sealed record GitCommit(string Id, string? FullRef);

/// <summary>
/// Fetches from a git repository by the git program, so that the user's credentials and transports work. What comes from the repository
/// decides nothing: no hooks run, no helper programs are named by it, and nothing is asked on the terminal.
/// </summary>
/// <param name="reference">What is wanted.</param>
/// <param name="environment">Variables that git gets on top, such as <c>SSH_AUTH_SOCK</c> or an authorization header.</param>
internal sealed class GitRepository(
    GitReference reference, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
{
    private const int CommitDigits = 40;

    /// <summary>Of repositories with SHA-256.</summary>
    private const int LongCommitDigits = 64;

    /// <summary>Asks the repository for the commit, without fetching it.</summary>
    /// <exception cref="BuildException">It can't be asked, hasn't got the ref, or the commit isn't the one that was said.</exception>
    public GitCommit Resolve()
    {
        if (reference.Checksum is { } digits && !digits.All(char.IsAsciiHexDigit))
        {
            throw new BuildException($"invalid checksum {digits} for Git URL, expected hex commit hash");
        }

        var commit = reference.Ref is { } wanted && IsCommit(wanted) ? new GitCommit(wanted, null) : Find();
        if (reference.Checksum is { } checksum && !commit.Id.StartsWith(checksum, StringComparison.OrdinalIgnoreCase))
        {
            throw new BuildException($"expected checksum to match {checksum}, got {commit.Id}: {reference.Shown} has another commit at {reference.Ref ?? "its default branch"}");
        }

        return commit;
    }

    /// <summary>Checks a commit out into an empty directory.</summary>
    /// <param name="directory">Its path.</param>
    /// <param name="commit">From <see cref="Resolve"/>.</param>
    /// <param name="keepsGitDirectory">Whether <c>.git</c> stays.</param>
    public void CheckOut(string directory, GitCommit commit, bool keepsGitDirectory)
    {
        Git("init", "-q", "--initial-branch=master", commit.Id.Length == CommitDigits ? "--object-format=sha1" : "--object-format=sha256", directory);
        Git("-C", directory, "remote", "add", "origin", reference.Shown);
        Fetch(directory, commit);
        Git("-C", directory, "checkout", "-q", "--detach", commit.Id);
        var hasSubmodules = reference.Submodules != false && File.Exists($"{directory}/.gitmodules");
        if (hasSubmodules)
        {
            Git("-C", directory, "submodule", "update", "-q", "--init", "--recursive");
        }

        if (keepsGitDirectory)
        {
            File.Delete($"{directory}/.git/FETCH_HEAD");
            return;
        }

        Directory.Delete($"{directory}/.git", recursive: true);
        if (hasSubmodules)
        {
            RemoveGitFiles(directory);
        }
    }

    /// <summary>When a commit was made, seconds since 1970.</summary>
    public static long TimeOf(string directory, GitCommit commit, CancellationToken cancellation)
    {
        var repository = new GitRepository(new GitReference { Url = directory }, new Dictionary<string, string>(), cancellation);
        return long.Parse(repository.Git("-C", directory, "show", "-s", "--format=%ct", commit.Id).Trim(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static bool IsCommit(string text) => text.Length is CommitDigits or LongCommitDigits && text.All(char.IsAsciiHexDigitLower);

    private GitCommit Find()
    {
        var wanted = reference.Ref ?? "HEAD";
        var refs = new Dictionary<string, string>();
        var listing = Git("ls-remote", "--", reference.Url, wanted, wanted + "^{}");
        foreach (var line in listing.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var tab = line.IndexOf('\t');
            if (tab > 0 && line[..tab].All(char.IsAsciiHexDigitLower))
            {
                refs[line[(tab + 1)..]] = line[..tab];
            }
        }

        // As git checkout: a branch goes before a tag of the same name.
        string[] candidates = wanted.StartsWith("refs/") || wanted == "HEAD" ? [wanted] : [wanted, $"refs/{wanted}", $"refs/heads/{wanted}", $"refs/tags/{wanted}"];
        foreach (var name in candidates)
        {
            if (refs.TryGetValue(name, out var id))
            {
                return new GitCommit(refs.GetValueOrDefault(name + "^{}", id), name);
            }
        }

        return FindByDigits(wanted)
            ?? throw new BuildException($"repository does not contain ref {wanted}: {reference.Shown} has no such branch or tag");
    }

    /// <summary>A commit that was said by its first digits (<c>?commit=</c>), among those that a branch or a tag names.</summary>
    private GitCommit? FindByDigits(string wanted)
    {
        if (wanted != reference.Checksum)
        {
            return null;
        }

        var commits = Git("ls-remote", "--", reference.Url).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split('\t')).Where(line => line[0].StartsWith(wanted, StringComparison.OrdinalIgnoreCase))
            .DistinctBy(static line => line[0]).ToList();
        return commits switch
        {
            [var only] => new GitCommit(only[0], null),
            [] => null,
            _ => throw new BuildException($"commit {wanted} of {reference.Shown} is not clear: {commits.Count} commits begin so"),
        };
    }

    private void Fetch(string directory, GitCommit commit)
    {
        // A tag keeps its name, so that "git describe" works on what is kept.
        var what = commit.FullRef is { } name && name.StartsWith("refs/tags/") ? $"+{name}:{name}" : commit.FullRef ?? commit.Id;
        if (Try(out _, "-C", directory, "fetch", "-q", "--depth=1", "--no-tags", "--", reference.Url, what)
            && Try(out _, "-C", directory, "cat-file", "-e", commit.Id + "^{commit}"))
        {
            return;
        }

        // Servers that only hand out files can't cut histories; others don't hand out a commit that no ref names.
        Git("-C", directory, "fetch", "-q", "--update-head-ok", "--tags", "--", reference.Url, "+refs/heads/*:refs/remotes/origin/*");
        if (commit.FullRef is { } full && !Try(out _, "-C", directory, "cat-file", "-e", commit.Id + "^{commit}"))
        {
            Git("-C", directory, "fetch", "-q", "--", reference.Url, full);
        }
    }

    private static void RemoveGitFiles(string directory)
    {
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MatchType = MatchType.Simple };
        foreach (var file in Directory.EnumerateFiles(directory, ".git", all).ToList())
        {
            File.Delete(file);
        }
    }

    private string Git(params string[] arguments) =>
        Try(out var output, arguments)
            ? output
            : throw new BuildException($"git {Verb(arguments)} of {reference.Shown} failed: {Redacted(output)}");

    private bool Try(out string output, params string[] arguments)
    {
        // Modes of what is checked out must not depend on the caller's umask.
        var start = new ProcessStartInfo("/bin/sh")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] words =
        [
            "-c", "umask 022 && exec git \"$@\"", "git", "-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c", "core.fsmonitor=false",
            "-c", "advice.detachedHead=false", "-c", "gc.auto=0", "-c", "safe.directory=*", .. arguments,
        ];
        foreach (var word in words)
        {
            start.ArgumentList.Add(word);
        }

        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["LC_ALL"] = "C";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        foreach (var name in (string[])["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"])
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start) ?? throw new BuildException("cannot start /bin/sh to run git");
        process.StandardInput.Close();
        using var stop = cancellation.Register(() => process.Kill(entireProcessTree: true));
        var written = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        var error = process.StandardError.ReadToEnd();
        output = written.GetAwaiter().GetResult();
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        const int NoProgram = 127;
        if (process.ExitCode == NoProgram)
        {
            throw new BuildException($"{reference.Shown} is a git repository, and there is no git program; install git");
        }

        output = process.ExitCode == 0 ? output : error.Trim();
        return process.ExitCode == 0;
    }

    private static string Verb(string[] arguments) => arguments[0] == "-C" ? arguments[2] : arguments[0];

    private string Redacted(string output) => output.Replace(reference.Url, reference.Shown);
}
