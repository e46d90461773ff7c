using Bld.Builder.Cache;
using Bld.Builder.Cli.Commands;
using Bld.Builder.Cli.Flags;
using Bld.Builder.Context;
using Bld.Builder.Engine;
using Bld.Builder.Engine.Containers;
using Bld.Builder.Engine.Images;
using Bld.Builder.Engine.Storage;
using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Runtime;

namespace Bld.Builder.Cli;

/// <summary>The state directory opened for one command, and the parts that work on it.</summary>
internal sealed class Session : IDisposable
{
    private readonly BlobMemory _memory;
    private readonly RemoteBlobs _remote;

    private Session(StateDirectory state, RegistryAccess access, StorageDriver driver, string? mountProgram)
    {
        _memory = new BlobMemory(state);
        State = state;
        Images = new ImageStore(state);
        Snapshots = new SnapshotStore(state) { Driver = driver, MountProgram = mountProgram };
        Transports = new ImageTransports(state, access);
        Puller = new ImagePuller(Images, Snapshots, _memory, Transports);
        _remote = new RemoteBlobs(_memory, access);
        Pusher = new ImagePusher(Images, Snapshots, _memory, _remote);
        Lists = new ManifestLists(Images, new ListMembers(Images, Puller, Transports, _memory));
    }

    public StateDirectory State { get; }

    public ImageStore Images { get; }

    public SnapshotStore Snapshots { get; }

    public ImageTransports Transports { get; }

    public ImagePuller Puller { get; }

    /// <summary>The working containers.</summary>
    public WorkingContainerStore Containers => field ??= new WorkingContainerStore(State, Snapshots);

    public ImagePusher Pusher { get; }

    /// <summary>Makes the cache smaller.</summary>
    public CacheCollector Collector => new(State, Images, Snapshots, Containers);

    public ManifestLists Lists { get; }

    /// <summary>What the engine works with.</summary>
    public EngineServices Services => field ??= new EngineServices(
        State, Images, Snapshots, new CacheStore(State), Puller, new FileDigests(State), Transports, _memory, _remote);

    /// <summary>Opens the state directory that the command line means.</summary>
    public static Session Open(ParsedFlags flags)
    {
        if (flags.Has("imagestore"))
        {
            throw new UsageException("--imagestore: images of another store can't be shared; pull them, or use --root for the whole store");
        }

        var (root, runRoot) = GlobalFlags.Places(flags);
        var state = StateDirectory.Open(root, runRoot);
        InitProgramPlace.Use(state.CachePath, ThisAssembly.InitProgramTrailer, ThisAssembly.OpenInitProgram);
        return new Session(state, RegistryFlags.Access(flags), GlobalFlags.Driver(flags, out var program), program);
    }

    /// <summary>The image of a name or an id.</summary>
    /// <exception cref="BuildException">There is none.</exception>
    public StoredImage Image(string name) => FindImage(name) ?? throw new BuildException($"{name}: image not known");

    /// <summary>The image that was just made: of those with its id the one with its manifest.</summary>
    public StoredImage Image(BuildResult result) => Images.FindManifest(result.ManifestDigest) ?? Image(result.ImageId);

    /// <summary>The image of a name or an id; null when there is none.</summary>
    public StoredImage? FindImage(string name)
    {
        name = ImageNames.WithoutStore(name);
        foreach (var candidate in ImageNames.Candidates(name))
        {
            if (Images.Find(candidate) is { } image)
            {
                return image;
            }
        }

        // Last, because it reads the configuration: what a short name means.
        return Transports.Access.StoredMeanings(name).Concat(ImageNames.StoredEnding(Images, name)).Select(Images.Find).OfType<StoredImage>().FirstOrDefault();
    }

    /// <inheritdoc/>
    public void Dispose() => State.Dispose();
}
