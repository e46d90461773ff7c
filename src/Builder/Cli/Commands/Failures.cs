using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>What went wrong with some of several images: the others are done all the same, and Buildah's words are said at the end.</summary>
internal sealed class Failures
{
    private readonly List<string> _texts = [];

    /// <summary>Does something for one of them.</summary>
    public void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is BuildException or RegistryException)
        {
            _texts.Add(exception.Message);
        }
    }

    /// <summary>The exit code.</summary>
    /// <exception cref="BuildException">Something went wrong.</exception>
    public int End() => _texts switch
    {
        [] => 0,
        [var only] => throw new BuildException(only),
        _ => throw new BuildException($"{_texts.Count} errors occurred:\n\t* {string.Join("\n\t* ", _texts)}\n"),
    };
}
