using System.Diagnostics;

using Bld.Builder.Cache;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Dockerfile;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Engine;

/// <summary>The steps that make a layer: found in the cache, found elsewhere, or made.</summary>
internal sealed partial class StageBuilder
{
    private bool _asksOthers = true;

    // Whether the files that the step being made takes were changed by somebody after its key was known.
    private bool _haveSourcesChanged;

    /// <summary>Adopts what the cache has for a key, or makes it.</summary>
    /// <param name="inputs">What the layer depends on.</param>
    /// <param name="createdBy">What the history says of it.</param>
    /// <param name="make">Makes it.</param>
    /// <param name="independent">
    /// The key of a layer that doesn't depend on what lies below: when it was made on another base, its files get second names on this one.
    /// </param>
    private void Layer(CacheKeyBuilder inputs, string createdBy, Action<ActiveSnapshot> make, CacheKey? independent = null)
    {
        var key = inputs.ToKey();
        var started = Stopwatch.GetTimestamp();
        var made = session.Made.Find(key, session.Cancellation, out var claim);
        using (claim)
        {
            var record = _usesCache && made is null ? Services.Cache.Find(key) : null;
            var hit = made is null ? FindFitting(record) ?? FindIndependent(independent, key, started) ?? FindShared(key) : Fitting(made.Snapshot, made.Created);
            session.Observer.Report(new StepLookedUp(_step, key, inputs, Outcome(record, hit is not null)));
            _haveSourcesChanged = false;
            var result = hit ?? MakeLayer(key, make, started, claim!);
            Push(_haveSourcesChanged ? CacheKey.Unique() : key, result, hit is not null, createdBy, started);
            if (hit is null && !_haveSourcesChanged && independent is { } alone)
            {
                Remember(alone, _state.Layers[^1].Snapshot, session.Now, started);
            }

            if (record is not null && hit is not null)
            {
                Services.Cache.Touch(key);
            }
        }
    }

    private void Push(CacheKey key, (PendingLayer Layer, DateTimeOffset Created) result, bool isHit, string createdBy, long started)
    {
        var (layer, created) = result;
        _state.Push(layer, key, created, isHit);
        if (session.Plan.IsInTargetChain(planned.Stage.Index) && session.Request.Layers && !session.Request.Squash)
        {
            // Hashed, and sent if it will be, while the next step runs.
            layer.StartDigest();
            session.Uploads?.Add(_state.Layers);
        }

        _state.History.Add(new HistoryEntry { Created = created, CreatedBy = createdBy, Comment = HistoryText.Comment });
        session.Observer.Report(new StepFinished(_step, isHit, layer.Snapshot.ToString(), Stopwatch.GetElapsedTime(started)));
    }

    /// <summary>What this machine has.</summary>
    private (PendingLayer Layer, DateTimeOffset Created)? FindHit(CacheRecord? record) =>
        record is not null && IsYoung(record.Created) && SnapshotId.TryParse(record.Snapshot) is { } id && Services.Snapshots.IsComplete(id)
            ? (session.NewLayer(id), record.Created)
            : null;

    /// <summary>
    /// What this machine has. Where it was made on other results of the steps below than those that the cache has by now, it brings its
    /// own: an image's layers are those that its commands saw.
    /// </summary>
    private (PendingLayer Layer, DateTimeOffset Created)? FindFitting(CacheRecord? record) =>
        FindHit(record) is var (layer, created) ? Fitting(layer.Snapshot, created) : null;

    private (PendingLayer Layer, DateTimeOffset Created) Fitting(SnapshotId snapshot, DateTimeOffset created)
    {
        if (Services.Snapshots.Get(snapshot)?.Parent != _state.Top)
        {
            var ancestry = Services.Snapshots.Ancestry(snapshot);
            for (var (i, above) = (_state.Layers.Count - 1, 1); i >= _state.BaseLayers && above < ancestry.Count && ancestry[above].Id != _state.Layers[i].Snapshot; i--, above++)
            {
                _state.Replace(i, session.NewLayer(ancestry[above].Id));
            }
        }

        return (session.NewLayer(snapshot), created);
    }

    /// <summary>A layer for which it doesn't matter what lies below, made on another base.</summary>
    private (PendingLayer Layer, DateTimeOffset Created)? FindIndependent(CacheKey? independent, CacheKey key, long started)
    {
        if (!_usesCache || independent is not { } alone || FindHit(Services.Cache.Find(alone)) is not var (other, created))
        {
            return null;
        }

        var snapshot = Make(active =>
        {
            using var source = FileCalls.Open(Services.Snapshots.Ancestry(other.Snapshot)[0].Path, OpenFlags.ReadOnly | OpenFlags.Directory);
            SnapshotMerger.AddContents(source, active.UpperHandle, session.Cancellation);
        });
        Remember(key, snapshot.Id, created, started);
        return (session.NewLayer(snapshot.Id), created);
    }

    /// <summary>What others have. Keys are chained: where one isn't there, those after it in the stage aren't either.</summary>
    private (PendingLayer Layer, DateTimeOffset Created)? FindShared(CacheKey key)
    {
        if (!_usesCache || !_asksOthers || session.SharedCache is not { } shared)
        {
            return null;
        }

        var found = shared.Find(key, _state.Layers, session.Plan.IsInTargetChain(planned.Stage.Index), IsYoung);
        _asksOthers = found is not null;
        if (found is not var (layers, created))
        {
            return null;
        }

        for (var i = 0; i < _state.Layers.Count; i++)
        {
            _state.Replace(i, layers[i]);
        }

        return (layers[^1], created);
    }

    private bool IsYoung(DateTimeOffset created) => session.Request.CacheLifetime is not { } lifetime || DateTimeOffset.UtcNow - created <= lifetime;

    private (PendingLayer Layer, DateTimeOffset Created) MakeLayer(CacheKey key, Action<ActiveSnapshot> make, long started, MadeSteps.Claim claim)
    {
        BeginNetwork();
        PrepareInit(_number - 2);
        _ahead.BeginMade();
        try
        {
            var snapshot = Make(make);
            if (_haveSourcesChanged)
            {
                // It isn't what the key says, and nothing that is built on it is what its key would say.
                session.Observer.Report(new BuildWarning("files changed while this step took them: what it and the steps after it make isn't kept for the next build"));
                return (session.NewLayer(snapshot.Id), session.Now);
            }

            Remember(key, snapshot.Id, session.Now, started);
            claim.Finish(snapshot.Id, session.Now);
            return (session.NewLayer(snapshot.Id), session.Now);
        }
        catch (BuildException failure) when (session.SharedCache?.Failure is null && !session.Cancellation.IsCancellationRequested)
        {
            claim.Fail(failure);
            throw;
        }
    }

    private void Remember(CacheKey key, SnapshotId snapshot, DateTimeOffset created, long started) =>
        Services.Cache.Publish(key, new CacheRecord
        {
            Snapshot = snapshot.ToString(),
            Created = created,
            Milliseconds = (long)Stopwatch.GetElapsedTime(started).TotalMilliseconds,
        });

    /// <summary>After a step that had to be made, the RUNs behind it have to run as well, and need their network.</summary>
    private void BeginNetwork()
    {
        if (planned.Stage.Instructions.Skip(Math.Max(0, _number - 2)).Any(static each => each is RunInstruction { Network: null or "default" }))
        {
            session.Network.Begin();
        }
    }

    /// <summary>
    /// After a step that had to be made, the RUNs behind it have to run as well: the init of the next one starts up while this step works.
    /// </summary>
    /// <param name="first">The index of the first instruction that may be the next RUN.</param>
    private void PrepareInit(int first)
    {
        if (_spare is null && planned.Stage.Instructions.Skip(Math.Max(0, first)).Any(static each => each is RunInstruction))
        {
            _spare = RunStep.StartSpare(session.Request.Run);
        }
    }

    private Snapshot Make(Action<ActiveSnapshot> make)
    {
        using var active = Services.Snapshots.Prepare(_state.Top);
        make(active);
        return Services.Snapshots.Commit(active);
    }

    private CacheOutcome Outcome(CacheRecord? record, bool found) =>
        found ? CacheOutcome.Hit
        : _usesCache ? record is null ? CacheOutcome.Unknown : IsYoung(record.Created) ? CacheOutcome.Gone : CacheOutcome.Expired
        : session.Request.UseCache ? CacheOutcome.StageRefused : CacheOutcome.Refused;
}
