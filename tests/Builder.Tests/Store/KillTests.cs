using System.Diagnostics;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;

namespace Bld.Builder.Tests.Store;

/// <summary>Processes that work on a store are killed at any moment, many times: the next one finds it whole.</summary>
public sealed class KillTests : IDisposable
{
    private readonly TemporaryPlace _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_store_whose_users_were_killed_at_any_moment_is_whole()
    {
        var random = new Random(1);
        for (var round = 0; round < 10; round++)
        {
            using var one = StartWorker();
            using var two = StartWorker();
            Assert.Equal("working", one.StandardOutput.ReadLine());
            Assert.Equal("working", two.StandardOutput.ReadLine());
            Thread.Sleep(random.Next(0, 40));
            one.Kill();
            Thread.Sleep(random.Next(0, 20));
            two.Kill();
            one.WaitForExit();
            two.WaitForExit();
            Verify();
        }
    }

    private void Verify()
    {
        using var state = _place.OpenState();
        Assert.Empty(Directory.GetFileSystemEntries(state.TemporaryPath));
        var snapshots = new SnapshotStore(state);
        foreach (var path in Directory.GetDirectories(state.SnapshotsPath))
        {
            var snapshot = snapshots.Get(SnapshotId.TryParse(Path.GetFileName(path))!.Value);
            Assert.NotNull(snapshot);
            Assert.Equal(StoreWorker.DirectoriesPerSnapshot, Directory.GetDirectories(snapshot.Path).Length);
        }

        // An image's snapshots and blobs were there before its name was.
        var images = new ImageStore(state);
        Assert.NotNull(images.Find("localhost/latest:1"));
        foreach (var image in images.List())
        {
            Assert.Equal(image.Id, ImageManifest.Parse(images.ReadManifest(image)).Config.Digest.Hex);
            var config = ImageConfig.Parse(images.ReadConfig(image));
            Assert.NotNull(snapshots.FindByChain(ChainId.Of(config.RootFs.DiffIds)!.Value));
        }

        Assert.True(state.TryLockAll(), "a lock was left");
        using var held = state.Lock("images", exclusive: true);
    }

    private Process StartWorker() => Process.Start(new ProcessStartInfo("dotnet")
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        ArgumentList = { "exec", typeof(KillTests).Assembly.Location, "store-worker", _place.Root },
    })!;
}
