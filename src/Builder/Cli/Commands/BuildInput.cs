using Bld.Builder.Cli.Flags;
using Bld.Builder.Context;
using Bld.Builder.Engine;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary>The Dockerfile and the context that a command line means.</summary>
internal sealed class BuildInput : IDisposable
{
    private const string StandardInput = "-";
    private static readonly string[] DefaultNames = ["Containerfile", "Dockerfile", "dockerfile"];

    private BuildInput(BuildContext context, string text, string name, RemoteAccess access)
    {
        Context = context;
        DockerfileText = text;
        DockerfileName = name;
        Access = access;
    }

    public BuildContext Context { get; }

    /// <summary>What it was fetched with, and what else lies elsewhere can be.</summary>
    public RemoteAccess Access { get; }

    public string DockerfileText { get; }

    /// <summary>As errors show it.</summary>
    public string DockerfileName { get; }

    /// <summary>Opens them.</summary>
    /// <param name="flags">The command line.</param>
    /// <param name="where">The context, as <see cref="ContextOpener"/> takes it.</param>
    /// <param name="access">What they are fetched with, when they lie elsewhere.</param>
    /// <param name="state">Where contexts are unpacked to.</param>
    /// <param name="cancellation">Stops fetching.</param>
    /// <exception cref="BuildException">One of them isn't there.</exception>
    public static BuildInput Open(ParsedFlags flags, string where, RemoteAccess access, StateDirectory state, CancellationToken cancellation)
    {
        var files = flags.List("file");
        if (where == StandardInput && files.Contains(StandardInput))
        {
            throw new UsageException("the context and the Dockerfile can't both come from standard input; give one of them by name");
        }

        var keeps = BudRequest.Arguments(flags).GetValueOrDefault(SpecialArguments.KeepGitDirectory) is "1" or "true";
        var root = new ContextOpener(state, access, cancellation) { KeepsGitDirectory = keeps }.Open(where);
        try
        {
            return Open(files, flags, root, where, access, new RemoteSources(state, access, cancellation), root.HostPath is { } directory ? state.PathIn(directory) : null);
        }
        catch
        {
            root.Root.Dispose();
            root.Owned?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Context.Dispose();

    private static BuildInput Open(IReadOnlyList<string> files, ParsedFlags flags, ContextRoot root, string where, RemoteAccess access, RemoteSources remote, string? store)
    {
        using (remote)
        {
            var dockerfiles = files.Count > 0 ? [.. files.Select(file => Preprocessed(Read(root, file, where, remote), root, flags))] : new[] { Default(root, where) };
            foreach (var each in dockerfiles)
            {
                CheckText(each);
            }

            var first = dockerfiles[0];
            var context = BuildContext.Open(root.Root, first.InContext, flags.Text("ignorefile") ?? first.IgnoreFile, root.Owned, store, root.Time);
            return new BuildInput(context, string.Join('\n', dockerfiles.Select(static each => each.Text)), first.Shown, access);
        }
    }

    private static DockerfileFound Preprocessed(DockerfileFound found, ContextRoot root, ParsedFlags flags) =>
        Preprocessor.Takes(found.Shown) ? found with { Text = Preprocessor.Run(found.Text, found.Shown, root.HostPath ?? ".", flags) } : found;

    private static DockerfileFound Default(ContextRoot root, string where)
    {
        if (root.DockerfileText is { } only)
        {
            return new DockerfileFound(only, File.Exists(where) ? Path.GetFileName(where) : RemoteSource.IsUrl(where) ? Download.NameOf(where) : "Dockerfile", null, null);
        }

        foreach (var name in DefaultNames)
        {
            if (ReadIn(root, name) is { } text)
            {
                return new DockerfileFound(text, name, name, null);
            }
        }

        throw new BuildException($"cannot find Containerfile or Dockerfile in context directory: stat {Shown(root, where)}/Dockerfile: no such file or directory; name one with -f");
    }

    private static string Shown(ContextRoot root, string where) => root.HostPath is { } path ? Path.GetFullPath(path) : GitReference.WithoutCredentials(where);

    private static DockerfileFound Read(ContextRoot root, string file, string where, RemoteSources remote)
    {
        if (file == StandardInput)
        {
            return new DockerfileFound(Console.In.ReadToEnd(), StandardInput, null, null);
        }

        if (RemoteSource.IsUrl(file))
        {
            return new DockerfileFound(File.ReadAllText(remote.Url(file, checksum: null).File.Path), Download.NameOf(file), null, null);
        }

        if (root.DockerfileText is not null)
        {
            // The context is nothing but a Dockerfile, whatever its name.
            return Default(root, where);
        }

        // A context that was fetched brings its own Dockerfile; one of the host is named as seen from the current directory.
        var shown = Path.GetFileName(file);
        if (root.HostPath is { } directory && File.Exists(file))
        {
            return new DockerfileFound(File.ReadAllText(file), shown, InContext(file, directory), BuildContext.IgnoreFilesOf(file).FirstOrDefault(File.Exists));
        }

        if (ReadIn(root, file) is { } text)
        {
            return new DockerfileFound(text, shown, file, null);
        }

        return File.Exists(file) ? new DockerfileFound(File.ReadAllText(file), shown, null, null)
            : Directory.Exists(file) ? throw new BuildException($"containerfile: \"{file}\" cannot be path to a directory: name the Dockerfile in it")
            : throw new BuildException($"the specified Containerfile or Dockerfile \"{file}\" is neither there nor in the context {GitReference.WithoutCredentials(where)}: no such file or directory");
    }

    /// <summary>The text of a file of the context; null when it isn't there.</summary>
    /// <exception cref="BuildException">A link leads out of the context: whoever made that would see the file's lines in errors.</exception>
    private static string? ReadIn(ContextRoot root, string name) =>
        BuildContext.ReadText(root.Root, name) is { } text ? text
        : root.HostPath is { } directory && Path.Combine(directory, name) is var path && File.Exists(path)
            ? throw new BuildException($"{path} is a link that leads out of the context: if you trust it, name the file that it leads to with -f")
        : null;

    /// <summary>Refuses what is no text, such as a program whose name was given by mistake.</summary>
    private static void CheckText(DockerfileFound file)
    {
        const int Looked = 4096;
        const int OneIn = 10;
        if (file.Text.Length == 0)
        {
            throw new BuildException($"no contents in \"{file.Shown}\": the Dockerfile cannot be empty");
        }

        var head = file.Text.AsSpan(0, Math.Min(file.Text.Length, Looked));
        if (head.Contains('\0') || head.Count('\uFFFD') > head.Length / OneIn)
        {
            throw new BuildException($"{file.Shown} is not a text file, so it can't be a Dockerfile; name the right one with -f");
        }
    }

    private static string? InContext(string file, string directory)
    {
        var relative = Path.GetRelativePath(Path.GetFullPath(directory), Path.GetFullPath(file));
        return relative.StartsWith("..") || Path.IsPathRooted(relative) ? null : relative;
    }

    /// <param name="Text">The text.</param>
    /// <param name="Shown">The name that errors show.</param>
    /// <param name="InContext">Its path in the context; null when it lies elsewhere.</param>
    /// <param name="IgnoreFile">Its own ignore file on the host; null when it has none there.</param>
    private sealed record DockerfileFound(string Text, string Shown, string? InContext, string? IgnoreFile);
}
