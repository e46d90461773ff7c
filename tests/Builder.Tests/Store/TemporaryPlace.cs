using Bld.Builder.Store;
using Bld.Runtime.Linux;

namespace Bld.Builder.Tests.Store;

/// <summary>A directory of the test's own, removed at its end.</summary>
internal sealed class TemporaryPlace : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("bld-test-").FullName;

    internal string Root => $"{Path}/state";

    internal StateDirectory OpenState() => StateDirectory.Open(Root, $"{Path}/run");

    internal string At(string name) => $"{Path}/{name}";

    public void Dispose() => FileCalls.RemoveTree(FileCalls.CurrentDirectory, ByteString.From(Path).Span);
}
