using System.Text.Json;

using Bld.Builder.Cli.Templates;

namespace Bld.Builder.Tests.Templates;

/// <summary>Templates: every expectation is what Go's text/template prints for the same value.</summary>
public sealed class TemplateTests
{
    private static readonly GoStruct Value = new GoStruct("main.image")
        .Add("Name", "busybox")
        .Add("Size", 1234L)
        .Add("Ready", true)
        .Add("Ratio", 0.5)
        .Add("Env", GoValues.Texts(["PATH=/bin", "A=b c"]))
        .Add("Empty", GoList.Nil)
        .Add("Labels", GoValues.Texts(new Dictionary<string, string> { ["z"] = "last", ["a"] = "first" }))
        .Add("Ports", GoValues.Set(["80/tcp"]))
        .Add("Health", null)
        .Add("Inner", new GoStruct("main.inner").Add("User", "root").Add("Args", GoValues.Texts(["x"])))
        .Add("At", GoTime.Parse("2023-11-14T22:13:20.123456789Z"))
        .Add("Every", new GoSpan(90_000_000_000));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("{{.Name}}", "busybox")]
    [InlineData("{{ .Name }}:{{.Size}}", "busybox:1234")]
    [InlineData("{{.Ready}} {{.Ratio}}", "true 0.5")]
    [InlineData("{{.Env}}", "[PATH=/bin A=b c]")]
    [InlineData("{{.Empty}}", "[]")]
    [InlineData("{{.Labels}}", "map[a:first z:last]")]
    [InlineData("{{.Ports}}", "map[80/tcp:{}]")]
    [InlineData("{{.Health}}", "<nil>")]
    [InlineData("{{.Inner}}", "{root [x]}")]
    [InlineData("{{.Inner.User}}", "root")]
    [InlineData("{{.At}}", "2023-11-14 22:13:20.123456789 +0000 UTC")]
    [InlineData("{{.Every}} {{printf \"%d\" .Every}} {{json .Every}}", "1m30s 90000000000 90000000000")]
    [InlineData("{{.Labels.a}}", "first")]
    [InlineData("{{.Labels.nothing}}", "<no value>")]
    [InlineData("{{$.Name}}", "busybox")]
    public void Fields_and_values_print_as_Go_prints_them(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{index .Labels \"z\"}}", "last")]
    [InlineData("{{index .Labels \"nothing\"}}", "")]
    [InlineData("{{index .Env 1}}", "A=b c")]
    [InlineData("{{index .Inner.Args 0}}", "x")]
    [InlineData("{{(index .Env 0)}}", "PATH=/bin")]
    [InlineData("{{len .Env}}{{len .Labels}}{{len .Name}}", "227")]
    [InlineData("{{slice .Name 0 4}}", "busy")]
    [InlineData("{{printf \"%q\" .Env}}", "[\"PATH=/bin\" \"A=b c\"]")]
    [InlineData("{{printf \"%q\" .Labels}}", "map[\"a\":\"first\" \"z\":\"last\"]")]
    [InlineData("{{printf \"%s|%v|%d\" .Name .Ready .Size}}", "busybox|true|1234")]
    [InlineData("{{printf \"%-9s|%6d|%06d|%x\" .Name .Size .Size .Size}}", "busybox  |  1234|001234|4d2")]
    [InlineData("{{printf \"%d\" .Name}}", "%!d(string=busybox)")]
    [InlineData("{{printf \"%s\" .Size}}", "%!s(int=1234)")]
    [InlineData("{{printf \"%s\"}}", "%!s(MISSING)")]
    [InlineData("{{printf \"x\" .Size}}", "x%!(EXTRA int=1234)")]
    [InlineData("{{printf \"%+v\" .Inner}}", "{User:root Args:[x]}")]
    [InlineData("{{printf \"%.3s%%|%.2f|%T\" .Name .Ratio .Size}}", "bus%|0.50|int")]
    [InlineData("{{println .Name .Size}}", "busybox 1234\n")]
    [InlineData("{{print .Name .Size .Ready}}", "busybox1234 true")]
    [InlineData("{{json .Env}}", "[\"PATH=/bin\",\"A=b c\"]")]
    [InlineData("{{json .Empty}}", "null")]
    [InlineData("{{json .Inner}}", "{\"User\":\"root\",\"Args\":[\"x\"]}")]
    [InlineData("{{json .At}}", "\"2023-11-14T22:13:20.123456789Z\"")]
    [InlineData("{{.Ports | json}}", "{\"80/tcp\":{}}")]
    [InlineData("{{join .Env \", \"}}", "PATH=/bin, A=b c")]
    [InlineData("{{split \"a:b\" \":\"}}", "[a b]")]
    [InlineData("{{.Name | upper | printf \"%s-%s\" \"x\"}}", "x-BUSYBOX")]
    [InlineData("{{title .Name}} {{lower \"ABC\"}}", "Busybox abc")]
    [InlineData("{{html \"<a>\"}}", "&lt;a&gt;")]
    public void Functions_give_what_Go_gives(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{if .Ready}}yes{{end}}", "yes")]
    [InlineData("{{if .Health}}yes{{else}}no{{end}}", "no")]
    [InlineData("{{if .Empty}}1{{else if .Ready}}2{{else}}3{{end}}", "2")]
    [InlineData("{{if and .Ready .Empty}}1{{else if or .Empty .Name}}2{{end}}", "2")]
    [InlineData("{{if not .Empty}}none{{end}}", "none")]
    [InlineData("{{if eq .Name \"x\" \"busybox\"}}one of{{end}}", "one of")]
    [InlineData("{{ne .Size 1234}} {{lt .Size 2000}} {{le 1 1}} {{gt 2 1}} {{ge 1 2}}", "false true true true false")]
    [InlineData("{{and .Ready .Name}} {{or .Empty \"other\"}}", "busybox other")]
    [InlineData("{{with .Inner}}{{.User}}{{end}}", "root")]
    [InlineData("{{with .Health}}x{{else}}none{{end}}", "none")]
    [InlineData("{{with $u := .Inner.User}}{{$u}}{{end}}", "root")]
    [InlineData("{{range .Env}}<{{.}}>{{end}}", "<PATH=/bin><A=b c>")]
    [InlineData("{{range .Empty}}x{{else}}nothing{{end}}", "nothing")]
    [InlineData("{{range $i, $e := .Env}}{{$i}}={{$e}};{{end}}", "0=PATH=/bin;1=A=b c;")]
    [InlineData("{{range $k, $v := .Labels}}{{$k}}:{{$v}} {{end}}", "a:first z:last ")]
    [InlineData("{{range $e := .Env}}{{$e}},{{$.Name}} {{end}}", "PATH=/bin,busybox A=b c,busybox ")]
    [InlineData("{{range .Env}}{{.}}{{break}}{{end}}", "PATH=/bin")]
    [InlineData("{{range $i, $e := .Env}}{{if eq $i 0}}{{continue}}{{end}}{{$e}}{{end}}", "A=b c")]
    [InlineData("{{$n := 1}}{{range .Env}}{{$n = len .}}{{end}}{{$n}}", "5")]
    [InlineData("{{$x := .Name}}{{if true}}{{$x := 1}}{{$x}}{{end}}{{$x}}", "1busybox")]
    public void Branches_and_variables_work(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("a  {{- .Name -}}  b", "abusyboxb")]
    [InlineData("a {{- /* not shown */ -}} b", "ab")]
    [InlineData("{{/* nothing */}}x", "x")]
    [InlineData("{{\"a\\tb\\u00e9\"}}{{`\\t`}}", "a\tbé\\t")]
    [InlineData("{{'a'}} {{-3}} {{0x10}} {{1.5}}", "97 -3 16 1.5")]
    [InlineData("{{true}}{{(printf \"%d\" 3) | len}}", "true1")]
    public void Literals_comments_and_trim_marks_are_read(string template, string expected) => Assert.Equal(expected, Render(template));

    [Theory]
    [InlineData("{{.Nothing}}", "can't evaluate field Nothing in type main.image")]
    [InlineData("{{.Health.Test}}", "nil pointer evaluating .Test")]
    [InlineData("{{.Name.More}}", "can't evaluate field More")]
    [InlineData("{{index .Env 7}}", "error calling index: index out of range: 7")]
    [InlineData("{{.Name 1}}", "can't give argument to non-function .Name")]
    [InlineData("{{eq .Name 1}}", "incompatible types for comparison")]
    [InlineData("{{range .Size}}{{end}}", "range can't iterate over 1234")]
    [InlineData("{{len .Inner}}", "error calling len")]
    public void What_does_not_fit_is_told_with_its_place(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<TemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("{{.Name", "unclosed action")]
    [InlineData("{{if .Name}}x", "{{if}} has no {{end}}")]
    [InlineData("{{end}}", "unexpected {{end}}")]
    [InlineData("{{nope .}}", "function \"nope\" not defined")]
    [InlineData("{{$x}}", "undefined variable \"$x\"")]
    [InlineData("{{\"a}}", "unterminated quoted string")]
    [InlineData("{{(.Name}}", "unclosed left paren")]
    [InlineData("{{}}", "missing value for command")]
    [InlineData("{{break}}", "outside {{range}}")]
    [InlineData("{{/* x", "unclosed comment")]
    [InlineData("{{.Name | }}", "missing value for command")]
    public void What_is_no_template_is_told(string template, string expected) =>
        Assert.Contains(expected, Assert.Throws<TemplateException>(() => Render(template)).Message, StringComparison.Ordinal);

    [Fact]
    public void Objects_of_JSON_are_maps()
    {
        using var document = JsonDocument.Parse("""{"b":[1,2.5,null,"x"],"a":{"deep":true}}""");
        var value = GoValues.FromJson(document.RootElement);

        Assert.Equal("map[a:map[deep:true] b:[1 2.5 <nil> x]] true <no value>", Template.Parse("{{.}} {{.a.deep}} {{.c}}").Execute(value));
        Assert.Equal("""{"a":{"deep":true},"b":[1,2.5,null,"x"]}""", GoJson.Write(value, indented: false));
    }

    [Fact]
    public void Json_leaves_out_what_is_empty_where_the_field_says_so()
    {
        var value = new GoStruct("t").Add("A", "a", "", omitEmpty: true).Add("B", "b", GoList.Nil).Add("Hidden", null, "x")
            .Add("Base", "", new GoStruct("base").Add("C", "c", 1L));

        Assert.Equal("""{"b":null,"c":1}""", GoJson.Write(value, indented: false));
        Assert.Equal("1x", Template.Parse("{{.C}}{{.Hidden}}").Execute(value));
    }

    [Fact]
    public void A_table_has_headings_and_columns()
    {
        var headings = new GoMap().Add("Name", "NAME").Add("Size", "SIZE");
        GoStruct[] rows = [new GoStruct("r").Add("Name", "busybox").Add("Size", 1L), new GoStruct("r").Add("Name", "a").Add("Size", 22L)];

        Assert.Equal("NAME      SIZE\nbusybox   1\na         22\n", TemplateTable.Render("table {{.Name}}\\t{{.Size}}", rows, headings));
        Assert.Equal("busybox   1\na         22\n", TemplateTable.Render("table {{.Name}}\t{{.Size}}", rows, headings, heads: false));
        Assert.Equal("busybox   1\na         22\n", TemplateTable.Render("{{.Name}}\\t{{.Size}}", rows, headings));
        Assert.Equal("busybox   1\na         22\n", TemplateTable.Render("{{.Name}} {{.Size}}", rows, headings));
    }

    private static string Render(string template) => Template.Parse(template).Execute(Value);
}
