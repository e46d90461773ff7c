using Bld.Builder.Cli.Commands;
using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>Bars on a terminal for <c>bld pull</c> and <c>bld push</c>.</summary>
internal sealed class TransferDisplay : IDisposable
{
    private readonly Stream _error = Console.OpenStandardError();
    private readonly TerminalProgress _progress;

    private TransferDisplay(Func<(int Columns, int Rows)> size) => _progress = new TerminalProgress(Stream.Null, _error, size, hidesResults: true, explains: false);

    /// <summary>Starts to draw; null when there is no terminal.</summary>
    public static TransferDisplay? Open() => BuildDisplay.Terminal() is { } size ? new TransferDisplay(size) : null;

    /// <summary>Takes news of a blob.</summary>
    public void Move(Transfer transfer) => _progress.Report(new TransferMoved(transfer));

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Dispose();
        _error.Dispose();
    }
}
