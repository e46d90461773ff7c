using Bld.Dockerfile.Checks;
using Bld.Dockerfile.Tests.Checks;

namespace Bld.Dockerfile.Tests;

public sealed class CorpusTests
{
    public static TheoryData<string> ParseCases => Corpus.Cases("parse");

    public static TheoryData<string> ErrorCases => Corpus.Cases("errors");

    public static TheoryData<string> CheckCases => Corpus.Cases("checks");

    [Theory]
    [MemberData(nameof(ParseCases))]
    public void A_file_is_read_as_expected(string name) =>
        Corpus.Compare("parse", name, DocumentDump.Of(DockerfileParser.Parse(Corpus.Dockerfile("parse", name))));

    [Theory]
    [MemberData(nameof(ParseCases))]
    public void A_file_that_is_printed_reads_as_before(string name)
    {
        var document = DockerfileParser.Parse(Corpus.Dockerfile("parse", name));
        Assert.Equal(DocumentDump.Of(document), DocumentDump.Of(DockerfileParser.Parse(document.ToString())));
    }

    [Theory]
    [MemberData(nameof(ErrorCases))]
    public void An_error_is_shown_as_expected(string name)
    {
        var error = Assert.Throws<DockerfileException>(() => DockerfileParser.Parse(Corpus.Dockerfile("errors", name)));
        Corpus.Compare("errors", name, error.Message + "\n");
    }

    [Theory]
    [MemberData(nameof(CheckCases))]
    public void Checks_find_what_is_expected(string name)
    {
        var options = CaseOptions.Read(Corpus.Options("checks", name));
        var document = DockerfileParser.Read(Corpus.Dockerfile("checks", name), "Dockerfile", out var problems);
        var report = problems.Count == 0 ? BuildChecks.Run(document, options) : BuildChecks.RunOnUnreadable(document, problems, options);
        var lines = report.Warnings.Select(static warning => warning.ToString()).ToList();
        if (report.Error is { } error)
        {
            lines.Add($"error: {error.Message} (line {error.Span.StartLine})");
        }

        if (report.Violation is { } violation)
        {
            lines.Add($"violation: {violation}");
        }

        Corpus.Compare("checks", name, string.Concat(lines.Select(static line => line + "\n")));
    }
}
