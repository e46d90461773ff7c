using System.Collections.Concurrent;

namespace Bld.Builder.Engine;

/// <summary>
/// What a build has once, for however many platforms it is: its sources, its network, the steps that it has made and the bound of
/// <c>--jobs</c>. Whatever goes wrong for one platform stops all.
/// </summary>
internal sealed class BuildCommons : IDisposable
{
    private readonly CancellationTokenSource _stop;

    /// <param name="services">The parts of the program.</param>
    /// <param name="request">The build, of whatever platform.</param>
    /// <param name="observer">Hears of what concerns no step.</param>
    /// <param name="cancellation">Stops everything.</param>
    public BuildCommons(EngineServices services, BuildRequest request, IBuildObserver observer, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Cancellation = _stop.Token;
        RunSlots = new SemaphoreSlim(Math.Max(1, request.Jobs));
        Bases = new StageBases(services, request, _stop.Token);
        Contexts = new NamedContexts(services, request, _stop.Token);
        Fetches = new RemoteFetches(services.State, request.Access, _stop.Token);
        Network = new BuildNetwork(request.Run.EffectiveNetwork, request.Run.PastaOptions, message => observer.Report(new BuildWarning(message)));
    }

    /// <summary>Set when the build has to end.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Holds as many RUNs as <c>--jobs</c> allows.</summary>
    public SemaphoreSlim RunSlots { get; }

    /// <summary>Images that the Dockerfile names.</summary>
    public StageBases Bases { get; }

    /// <summary>Contexts that the command line names.</summary>
    public NamedContexts Contexts { get; }

    /// <summary>What ADD takes from elsewhere.</summary>
    public RemoteFetches Fetches { get; }

    /// <summary>The network of the RUNs that want none in particular.</summary>
    public BuildNetwork Network { get; }

    /// <summary>The steps that this build has made.</summary>
    public MadeSteps Made { get; } = new();

    /// <summary>Ids of the cache mounts that this build has emptied.</summary>
    public ConcurrentDictionary<string, bool> EmptiedCaches { get; } = [];

    /// <summary>Ids of the cache mounts that commands have used.</summary>
    public ConcurrentDictionary<string, bool> UsedCaches { get; } = [];

    /// <summary>Ends the build.</summary>
    public void Stop() => _stop.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        Bases.Dispose();
        Fetches.Dispose();
        Contexts.Dispose();
        Network.Dispose();
        RunSlots.Dispose();
        _stop.Dispose();
    }
}
