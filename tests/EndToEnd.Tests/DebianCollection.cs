namespace Bld.EndToEnd.Tests;

/// <summary>The test classes that share one store with a Debian base, because making it costs seconds and a hundred megabytes.</summary>
[CollectionDefinition(Name)]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "xunit's word for it")]
public sealed class DebianCollection : ICollectionFixture<DebianHome>
{
    public const string Name = "debian";
}
