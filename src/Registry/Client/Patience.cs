namespace Bld.Registry;

/// <summary>A time limit that starts anew whenever something happens.</summary>
internal sealed class Patience : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _limit;

    internal Patience(TimeSpan limit, CancellationToken cancellation)
    {
        _limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _source.CancelAfter(limit);
    }

    /// <summary>Cancelled when nothing has happened for too long.</summary>
    internal CancellationToken Token => _source.Token;

    /// <summary>Something has happened.</summary>
    internal void Renew()
    {
        try
        {
            _source.CancelAfter(_limit);
        }
        catch (ObjectDisposedException)
        {
            // The answer came before the body was sent.
        }
    }

    public void Dispose() => _source.Dispose();
}
