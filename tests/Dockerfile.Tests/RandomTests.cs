using System.Diagnostics;
using System.Globalization;
using System.Text;

using Bld.Dockerfile.Checks;

using FsCheck;
using FsCheck.Fluent;

namespace Bld.Dockerfile.Tests;

/// <summary>
/// What must hold for any text. <c>BLD_FUZZ_RUNS=1000000</c> in the environment makes it a long run; then a failure's seed is in its
/// message.
/// </summary>
public sealed class RandomTests
{
    private static readonly int Runs = int.Parse(Environment.GetEnvironmentVariable("BLD_FUZZ_RUNS") ?? "4000", CultureInfo.InvariantCulture);

    [Fact]
    public void Any_text_is_parsed_or_refused_and_what_is_parsed_can_be_printed_checked_and_expanded()
    {
        for (var seed = 0; seed < Runs; seed++)
        {
            var text = new RandomDockerfile(seed).Next();
            var started = Stopwatch.GetTimestamp();
            try
            {
                Try(text);
            }
            catch (Exception exception) when (exception is not DockerfileException)
            {
                Assert.Fail($"seed {seed}: {exception}\n{text}");
            }

            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5), $"seed {seed} takes too long:\n{text}");
        }
    }

    [Fact]
    public void Arbitrary_characters_never_break_the_parser() =>
        Prop.ForAll<string>(static text =>
        {
            DockerfileParser.Read(text ?? "", "Dockerfile", out _);
            DockerfileParser.Read($"FROM scratch\n{text}", "Dockerfile", out _);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Arbitrary_bytes_never_break_the_parser() =>
        Prop.ForAll<byte[]>(static bytes =>
        {
            try
            {
                DockerfileParser.Parse(bytes ?? []);
            }
            catch (DockerfileException exception)
            {
                Assert.NotEmpty(exception.Diagnostics);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Expanding_never_crashes_and_text_without_special_characters_is_itself() =>
        Prop.ForAll<string>(static text =>
        {
            text ??= "";
            Expand(text);
            var plain = string.Concat(text.Where(static each => each is not ('$' or '\'' or '"' or '\\')));
            Assert.Equal(plain, WordExpander.Expand(plain, static _ => "x", '\\'));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_quoted_value_comes_through_unchanged() =>
        Prop.ForAll<string>(static text =>
        {
            var value = (text ?? "").Replace("'", "", StringComparison.Ordinal);
            Assert.Equal(value, WordExpander.Expand($"'{value}'", static _ => null, '\\'));
            Assert.Equal(value, WordExpander.Expand("\"${v}\"", _ => value, '\\'));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Trimming_nothing_and_replacing_nothing_change_nothing() =>
        Prop.ForAll<string>(static text =>
        {
            var value = (text ?? "").Replace("\uE000", "", StringComparison.Ordinal);
            foreach (var word in (string[])["${v#}", "${v%%}", "${v/\uE000/x}", "${v#\uE000*}"])
            {
                Assert.Equal(value, WordExpander.Expand(word, _ => value, '\\'));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Substitutions_can_nest_deep_without_breaking_the_stack()
    {
        var word = new StringBuilder().Insert(0, "${x:-", 100_000).Append('a').Append('}', 100_000).ToString();
        var error = Assert.Throws<DockerfileException>(() => WordExpander.Expand(word, static _ => null, '\\'));
        Assert.EndsWith("nested too deep", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hostile_pattern_takes_no_more_than_a_moment()
    {
        var value = new string('a', 20_000);
        var started = Stopwatch.GetTimestamp();
        Assert.Equal(value, WordExpander.Expand("${v##*a*a*a*a*b}", _ => value, '\\'));
        Assert.Equal(value, WordExpander.Expand("${v%%b*a*a*a*a*}", _ => value, '\\'));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
    }

    private static void Try(string text)
    {
        var document = DockerfileParser.Read(text, "Dockerfile", out var problems);
        if (problems.Count > 0)
        {
            BuildChecks.RunOnUnreadable(document, problems, new CheckOptions());
            _ = new DockerfileException(document.Source, problems).Message;
            return;
        }

        Assert.Equal(DocumentDump.Of(document), DocumentDump.Of(DockerfileParser.Parse(document.ToString())));
        BuildChecks.Run(document, new CheckOptions { IsIgnored = static _ => true, BaseImage = static _ => new BaseImageFacts(new Dictionary<string, string>()) });
        Expand(text);
    }

    private static void Expand(string text)
    {
        foreach (var escape in "\\`")
        {
            Swallow(() => WordExpander.Expand(text, static name => name, escape));
            Swallow(() => WordExpander.ExpandWords(text, static _ => null, escape));
        }

        Swallow(() => WordExpander.ExpandText(text, static name => name.Length > 1 ? null : "a/b*c"));
        Swallow(() => MountFlag.Parse(text));
        Swallow(() => PortSpec.Parse(text));
        Swallow(() => GoDuration.Parse(text));
    }

    private static void Swallow(Action action)
    {
        try
        {
            action();
        }
        catch (DockerfileException exception)
        {
            Assert.NotEmpty(exception.Message);
        }
    }
}
