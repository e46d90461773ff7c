namespace Bld.EndToEnd.Tests.Cases;

/// <summary>Builds every case of the corpus by the executable that ships.</summary>
public sealed class CorpusTests(CaseStore store) : IClassFixture<CaseStore>
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var test in BuildCase.All())
        {
            cases.Add(test.Topic, test.Name);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case(string topic, string name) => store.Run(BuildCase.Find(topic, name));
}
