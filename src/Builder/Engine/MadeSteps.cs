using System.Collections.Concurrent;

using Bld.Builder.Cache;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;

namespace Bld.Builder.Engine;

/// <summary>What making a step gave: a snapshot, or a failure.</summary>
/// <param name="snapshot">The snapshot.</param>
/// <param name="created">When it was made.</param>
/// <param name="failure">Why there is none.</param>
internal sealed class MadeStep(SnapshotId snapshot, DateTimeOffset created, BuildException? failure)
{
    public SnapshotId Snapshot => failure is null ? snapshot : throw new ToldException(failure);

    public DateTimeOffset Created => created;
}

/// <summary>
/// The steps that a build makes, by key: what several stages or platforms have in common is made by the first that comes to it, also
/// without the cache, while the others wait for it.
/// </summary>
internal sealed class MadeSteps
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<MadeStep?>> _steps = [];

    /// <summary>
    /// The step, if it was made by another stage, waiting for it; null when the caller has to look for it, or make it, and to say by
    /// <see cref="Claim"/> what came of it.
    /// </summary>
    public MadeStep? Find(CacheKey key, CancellationToken cancellation, out Claim? claim)
    {
        while (true)
        {
            claim = new Claim(this, key.Hex);
            var there = _steps.GetOrAdd(key.Hex, claim.Result);
            if (there == claim.Result)
            {
                return null;
            }

            claim = null;
            there.Task.Wait(cancellation);
            if (there.Task.Result is { } made)
            {
                return made;
            }
        }
    }

    /// <summary>The right to make a step. Given back without a result it is the next one's to make.</summary>
    internal sealed class Claim(MadeSteps all, string key) : IDisposable
    {
        public TaskCompletionSource<MadeStep?> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The step was made.</summary>
        public void Finish(SnapshotId snapshot, DateTimeOffset created) => Result.SetResult(new MadeStep(snapshot, created, null));

        /// <summary>The step can't be made: it would be in vain to try it again.</summary>
        public void Fail(BuildException failure) => Result.SetResult(new MadeStep(default, default, failure));

        /// <inheritdoc/>
        public void Dispose()
        {
            if (!Result.Task.IsCompleted)
            {
                all._steps.TryRemove(key, out _);
                Result.SetResult(null);
            }
        }
    }
}

/// <summary>A step failed that another stage has as well, which has told of it.</summary>
internal sealed class ToldException : BuildException
{
    public ToldException(BuildException failure)
        : base(failure.Message, failure) => ExitCode = failure.ExitCode;
}
