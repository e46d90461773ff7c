namespace Bld.EndToEnd.Tests;

/// <summary>A store with <c>localhost/app</c> (a base and a layer on it) and a plain registry, made once for all tests that need them.</summary>
public sealed class RegistryHome : IDisposable
{
    public RegistryHome()
    {
        Home.WithBusybox();
        Home.Build("FROM localhost/busybox\nRUN echo greeting > /hello\nCMD [\"cat\", \"/hello\"]", "-t", "app");
        Registry = RegistryServer.Start(Home);
    }

    internal BldHome Home { get; } = new();

    internal RegistryServer Registry { get; }

    /// <summary>Runs <c>bld</c> on a store of its own, which has nothing yet.</summary>
    internal string SucceedElsewhere(string store, params string[] arguments)
    {
        var outcome = Elsewhere(store, arguments);
        Assert.True(outcome.Code == 0, $"bld {string.Join(' ', arguments)}: exit {outcome.Code}\n{outcome.Output}{outcome.Error}");
        return outcome.Output.Trim();
    }

    /// <inheritdoc cref="SucceedElsewhere"/>
    internal Outcome Elsewhere(string store, params string[] arguments) =>
        BldHome.Run(BldHome.Executable, ["--root", Home.In(store), "--runroot", Home.In("run"), .. arguments]);

    /// <summary>What <c>/hello</c> holds in an image that another store has.</summary>
    internal string Greeting(string store, string image)
    {
        var context = Path.GetDirectoryName(Home.Write($"greeting-{store}/Dockerfile", "FROM image\n"))!;
        SucceedElsewhere(store, "bud", "-q", "--from", image, "-o", $"type=local,dest={Home.In($"root-{store}")}", context);
        return File.ReadAllText(Home.In($"root-{store}/hello")).Trim();
    }

    /// <summary>The id of the image in this store.</summary>
    internal string AppId => Home.Succeed("images", "-q", "--no-trunc", "localhost/app").Split('\n')[0].Replace("sha256:", "", StringComparison.Ordinal);

    public void Dispose()
    {
        Registry.Dispose();
        Home.Dispose();
    }
}
