using Bld.Builder.Cli.Flags;
using Bld.Registry;

namespace Bld.Builder.Cli.Commands;

/// <summary>Where a build writes: the console's streams, the file of <c>--logfile</c>, or with <c>--logsplit</c> a file for each platform.</summary>
internal sealed class BuildLog : IDisposable
{
    private readonly string? _file;
    private readonly bool _splits;
    private readonly Dictionary<string, Stream> _files = [];
    private readonly Stream? _output;
    private readonly Stream? _error;

    /// <param name="flags">The command line.</param>
    /// <param name="resultTakesOutput">Whether standard output is for the result, so that everything else goes to standard error.</param>
    public BuildLog(ParsedFlags flags, bool resultTakesOutput)
    {
        _file = flags.Text("logfile");
        _splits = flags.Boolean("logsplit");
        if (_splits && _file is null)
        {
            throw new UsageException("cannot use --logsplit without --logfile");
        }

        if (_file is null)
        {
            // The console's own streams write where the descriptor stands: others may write to the same file.
            _output = resultTakesOutput ? Console.OpenStandardError() : Console.OpenStandardOutput();
            _error = Console.OpenStandardError();
        }
    }

    /// <summary>Whether each platform has a file of its own.</summary>
    public bool Splits => _splits;

    /// <summary>Whether it goes to files, where nobody watches.</summary>
    public bool IsFile => _file is not null;

    /// <summary>What goes to standard output when one of these platforms is built.</summary>
    public Stream Output(Platform platform) => _output ?? OpenFile(platform);

    /// <summary>What goes to standard error.</summary>
    public Stream Error(Platform platform) => _error ?? OpenFile(platform);

    /// <inheritdoc/>
    public void Dispose()
    {
        _output?.Dispose();
        _error?.Dispose();
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }

    private Stream OpenFile(Platform platform)
    {
        var path = _splits ? $"{_file}_{platform.Os}_{platform.Architecture}" : _file!;
        if (!_files.TryGetValue(path, out var stream))
        {
            _files.Add(path, stream = File.Create(path));
        }

        return stream;
    }
}
