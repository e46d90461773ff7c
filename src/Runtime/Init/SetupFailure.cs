using Bld.Runtime.Linux;

namespace Bld.Runtime.Init;

/// <summary>A set-up step that failed inside init, as data: it crosses the channel and becomes one sentence in the parent.</summary>
internal sealed class SetupFailure : Exception, IPlanPart
{
    private string _step = "";
    private string _path = "";
    private string _sentence = "";
    private int _errno;
    private int _exitCode = 125;

    /// <summary>An empty one, to be read into.</summary>
    internal SetupFailure()
    {
    }

    /// <param name="step">What was tried, as a person knows it: <c>mount proc</c>.</param>
    /// <param name="path">On what; may be empty.</param>
    /// <param name="errno">Why not.</param>
    /// <param name="sentence">The whole message, where step, path and reason are not how people know it.</param>
    /// <param name="exitCode">What a shell would exit with: 127 no such command, 126 can't be run, 125 set-up.</param>
    internal SetupFailure(string step, string path, Errno errno, string sentence = "", int exitCode = 125)
    {
        _step = step;
        _path = path;
        _sentence = sentence;
        _errno = (int)errno;
        _exitCode = exitCode;
    }

    /// <inheritdoc/>
    public override string Message =>
        _sentence.Length > 0 ? _sentence : _path.Length == 0 ? $"{_step}: {Errno.Describe()}" : $"{_step} {_path}: {Errno.Describe()}";

    internal string Step => _step;

    internal string Path => _path;

    internal Errno Errno => (Errno)_errno;

    internal int ExitCode => _exitCode;

    /// <inheritdoc/>
    public void Exchange(PlanCodec codec)
    {
        codec.Text(ref _step);
        codec.Text(ref _path);
        codec.Text(ref _sentence);
        codec.Number(ref _errno);
        codec.Number(ref _exitCode);
    }

    /// <summary>Throws when a call failed.</summary>
    internal static void Check(Errno errno, string step, ReadOnlySpan<byte> path = default)
    {
        if (errno != Errno.None)
        {
            throw new SetupFailure(step, System.Text.Encoding.UTF8.GetString(path), errno);
        }
    }
}
