namespace Bld.EndToEnd.Tests;

/// <summary>A store with <c>localhost/busybox</c> that the tests of one class share.</summary>
public sealed class BusyboxFixture : IDisposable
{
    internal BldHome Home { get; } = new BldHome().WithBusybox();

    /// <inheritdoc/>
    public void Dispose() => Home.Dispose();
}
