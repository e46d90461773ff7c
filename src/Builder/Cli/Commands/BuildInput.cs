using Bld.Builder.Cli.Flags;
using Bld.Builder.Context;
using Bld.Builder.Store;

namespace Bld.Builder.Cli.Commands;

/// <summary>The Dockerfile and the context that a command line means.</summary>
internal sealed class BuildInput : IDisposable
{
    private BuildInput(BuildContext context, string text, string name)
    {
        Context = context;
        DockerfileText = text;
        DockerfileName = name;
    }

    public BuildContext Context { get; }

    public string DockerfileText { get; }

    /// <summary>As errors show it.</summary>
    public string DockerfileName { get; }

    /// <summary>Opens them.</summary>
    /// <exception cref="BuildException">One of them isn't there.</exception>
    public static BuildInput Open(ParsedFlags flags, string directory, StateDirectory state)
    {
        _ = state;
        var files = flags.List("file");
        var name = files.Count > 0 ? files[0] : null;
        var context = BuildContext.Open(directory, DockerfileInContext(name, directory), flags.Text("ignorefile"));
        try
        {
            if (files.Count > 1)
            {
                var texts = files.Select(file => Read(context, file, directory));
                return new BuildInput(context, string.Join('\n', texts), name!);
            }

            return name is not null
                ? new BuildInput(context, Read(context, name, directory), name == "-" ? "-" : Path.GetFileName(name))
                : Default(context, directory);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Context.Dispose();

    private static string? DockerfileInContext(string? file, string directory)
    {
        if (file is null)
        {
            return File.Exists($"{directory}/Containerfile") ? "Containerfile" : "Dockerfile";
        }

        var relative = Path.GetRelativePath(Path.GetFullPath(directory), Path.GetFullPath(file));
        return relative.StartsWith("..") || Path.IsPathRooted(relative) ? null : relative;
    }

    private static BuildInput Default(BuildContext context, string directory)
    {
        foreach (var name in (string[])["Containerfile", "Dockerfile"])
        {
            if (context.ReadText(name) is { } text)
            {
                return new BuildInput(context, text, name);
            }
        }

        throw new BuildException($"no Containerfile or Dockerfile found in context directory, {Path.GetFullPath(directory)}; name one with -f");
    }

    private static string Read(BuildContext context, string file, string directory)
    {
        if (file == "-")
        {
            return Console.In.ReadToEnd();
        }

        if (File.Exists(file))
        {
            return File.ReadAllText(file);
        }

        return context.ReadText(file)
            ?? throw new BuildException($"the specified Containerfile or Dockerfile \"{file}\" is neither there nor in the context {directory}");
    }
}
