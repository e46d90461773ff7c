using Bld.Builder.Store;
using Bld.Runtime;
using Bld.Runtime.Linux;
using Bld.Runtime.Networks;

namespace Bld.Builder.Engine;

/// <summary>
/// The private network that the RUNs of one build share; made when the first of them has to run. A network of its own is the default
/// because a step has no business with what listens on the host's loopback; a host without pasta gets its own network and is told so.
/// </summary>
/// <param name="wanted">What the command line says.</param>
/// <param name="options">Options of pasta(1).</param>
/// <param name="warn">Hears, once, that there is no private network.</param>
internal sealed class BuildNetwork(NetworkKind wanted, IReadOnlyList<string> options, Action<string> warn) : IDisposable
{
    private readonly Lock _gate = new();
    private Task<SharedNetwork>? _shared;
    private bool _hasWarned;

    /// <summary>What <see cref="NetworkKind.Default"/> means here.</summary>
    public NetworkKind Kind
    {
        get
        {
            if (wanted != NetworkKind.Default)
            {
                return wanted;
            }

            if (SharedNetwork.IsAvailable)
            {
                return NetworkKind.Private;
            }

            Warn();
            return NetworkKind.Host;
        }
    }

    /// <summary>The shared network; null when RUNs don't get a private one.</summary>
    public SharedNetwork? Shared
    {
        get
        {
            if (Kind != NetworkKind.Private)
            {
                return null;
            }

            Begin();
            return _shared!.GetAwaiter().GetResult();
        }
    }

    /// <summary>
    /// Begins to make the network on another thread, where RUNs get a private one: pasta takes longer than a step, so it starts as soon
    /// as it is clear that some RUN has to run. Doing it twice is fine; a failure comes out of <see cref="Shared"/>.
    /// </summary>
    public void Begin()
    {
        if (wanted is not (NetworkKind.Default or NetworkKind.Private) || (wanted == NetworkKind.Default && !SharedNetwork.IsAvailable))
        {
            return;
        }

        lock (_gate)
        {
            _shared ??= Task.Factory.StartNew(Create, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_shared is { } shared)
        {
            ((IAsyncResult)shared).AsyncWaitHandle.WaitOne();
            if (shared.IsCompletedSuccessfully)
            {
                shared.Result.Dispose();
            }
        }
    }

    /// <summary>Nobody asked for the outside in so many words, so a helper that fails costs the step its way there, and nothing else.</summary>
    private SharedNetwork Create()
    {
        try
        {
            return SharedNetwork.Create(options);
        }
        catch (ContainerException exception) when (exception.Errno == Errno.EPERM)
        {
            throw new BuildException($"{exception.Message}: use --network host, or --isolation chroot (BUILDAH_ISOLATION=chroot), which takes the host's too", exception);
        }
        catch (ContainerException exception) when (wanted == NetworkKind.Default)
        {
            warn($"RUN has no network but loopback: {exception.Message}; --network host gives it the host's");
            return SharedNetwork.CreateIsolated();
        }
        catch (ContainerException exception)
        {
            throw new BuildException(exception.Message, exception);
        }
    }

    private void Warn()
    {
        lock (_gate)
        {
            if (!_hasWarned)
            {
                _hasWarned = true;
                warn("RUN uses the host's network, because pasta is not installed: install it (package passt), or say --network host or --network none");
            }
        }
    }
}
