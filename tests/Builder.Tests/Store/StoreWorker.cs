using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Store;

/// <summary>Does everything that a build does to a store, again and again, until it is killed.</summary>
internal static class StoreWorker
{
    internal const int DirectoriesPerSnapshot = 10;

    internal static void Run(string root)
    {
        for (var turn = 0; ; turn++)
        {
            using var state = StateDirectory.Open(root, root + "-run");
            Work(state, turn);
            if (turn == 0)
            {
                Console.WriteLine("working");
            }
        }
    }

    private static void Work(StateDirectory state, int turn)
    {
        var snapshots = new SnapshotStore(state);
        using var active = snapshots.Prepare(null);
        using (var mount = snapshots.MountWritable(active))
        {
            for (var i = 0; i < DirectoriesPerSnapshot; i++)
            {
                FileCalls.MakeDirectory(mount.Root, Encoding.ASCII.GetBytes($"d{i}"), 0x1ED);
            }
        }

        var snapshot = snapshots.Commit(active);
        var diffId = new DiffId(Digest.Of(Encoding.ASCII.GetBytes($"{Environment.ProcessId} {turn}")));
        snapshots.SetLayer(snapshot.Id, new SnapshotLayer(diffId, 10));
        snapshots.PublishChain(ChainId.Of(diffId), snapshot.Id);
        var config = new ImageConfig { Architecture = "amd64", Os = "linux", RootFs = new RootFs { DiffIds = [diffId] } }.ToJson();
        var manifest = new ImageManifest
        {
            MediaType = MediaTypes.OciManifest,
            Config = new Descriptor { MediaType = MediaTypes.OciConfig, Digest = Digest.Of(config), Size = config.Length },
            Layers = [new Descriptor { MediaType = MediaTypes.OciLayer, Digest = diffId.Digest, Size = 10 }],
        }.ToJson();
        new ImageStore(state).Add(manifest, MediaTypes.OciManifest, config, ["localhost/latest:1"]);
    }
}
