using Bld.Builder.Engine;

namespace Bld.Builder.Cli.Progress;

/// <summary>Leaves out warnings that were told before: builds for several platforms find the same things in the same file.</summary>
internal sealed class WarnOnce(IBuildObserver next) : IBuildObserver, IDisposable
{
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public void Report(BuildEvent happened)
    {
        if (happened is BuildWarning warning)
        {
            lock (_gate)
            {
                if (!_told.Add(warning.Message))
                {
                    return;
                }
            }
        }

        next.Report(happened);
    }

    /// <inheritdoc/>
    public void Dispose() => (next as IDisposable)?.Dispose();
}
