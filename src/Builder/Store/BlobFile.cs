using Bld.Registry;

namespace Bld.Builder.Store;

/// <summary>A blob that is being written, in <c>tmp/</c> until it is published.</summary>
internal sealed class BlobFile : IDisposable
{
    private readonly StateDirectory _state;
    private readonly Func<Digest, string> _pathOf;
    private readonly string _staged;
    private readonly FileStream _content;

    internal BlobFile(StateDirectory state, Func<Digest, string> pathOf)
    {
        _state = state;
        _pathOf = pathOf;
        _staged = state.StageFile([], durable: false);
        _content = new FileStream(state.StagedPath(_staged), FileMode.Open, FileAccess.ReadWrite, FileShare.Read, 0);
    }

    /// <summary>Where the bytes go; unbuffered, so write large pieces.</summary>
    internal Stream Content => _content;

    /// <summary>Gives it its name. Its digest must have been checked. It is on the disk before the name is, so a name is a promise.</summary>
    internal void Publish(Digest digest)
    {
        _content.Flush(flushToDisk: true);
        _state.Publish(_staged, _pathOf(digest), durable: false);
    }

    public void Dispose()
    {
        _content.Dispose();
        File.Delete(_state.StagedPath(_staged));
    }
}
