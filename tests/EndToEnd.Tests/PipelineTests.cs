using System.Text.RegularExpressions;

using YamlDotNet.RepresentationModel;

namespace Bld.EndToEnd.Tests;

/// <summary>
/// The commands of the files in <c>examples/ci</c>, read out of them and run as their systems run them: with their variables, as their user,
/// with their rights. (kubernetes-job.yaml is <see cref="ExampleTests"/>'.)
/// </summary>
[Collection(DebianCollection.Name)]
public sealed partial class PipelineTests(DebianHome debian) : IDisposable
{
    private const string Dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"touch\", \"/made\"]\n";
    private readonly string _place = Directory.CreateDirectory(debian.Home.In("pipeline")).FullName;

    [Fact]
    public void What_GitLab_runs_builds_and_pushes_as_root_of_a_container_with_Dockers_filter()
    {
        using var registry = RegistryServer.Start(debian.Home, RegistryServer.Htpasswd(debian.Home));
        var job = Map(Read("gitlab-ci.yml"), "image");
        Assert.Equal("root", Text(Map(Map(job, "image"), "docker"), "user"));
        var script = string.Join('\n', Lines(job, "script"));
        var variables = Map(job, "variables").Children.Select(static pair => $"{pair.Key}={pair.Value}");
        var said = RunInContainer(
            $"set -e\n{script}",
            [
                "--user", "0", "--cap-add", "mknod", "--security-opt", $"seccomp={debian.Home.Write("no-mounts.json", NestedTests.NoMounts)}",
                .. variables.Append("GITLAB_CI=true").Append($"CI_REGISTRY={registry.Host}").Append($"CI_REGISTRY_USER={RegistryServer.User}")
                    .Append($"CI_REGISTRY_PASSWORD={RegistryServer.Password}").Append($"CI_REGISTRY_IMAGE={registry.Host}/team/app").Append("CI_COMMIT_SHORT_SHA=abc1234")
                    .SelectMany(static variable => (string[])["-e", variable]),
            ]);
        Assert.Contains("section_start", said, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(_place, "report.html")), "the artifact is missing");
        RequireImage($"{registry.Host}/team/app:abc1234", $"{RegistryServer.User}:{RegistryServer.Password}");
    }

    [Fact]
    public void What_Tekton_runs_builds_and_pushes_as_its_user_in_a_pod_without_privilege()
    {
        using var registry = RegistryServer.Start(debian.Home);
        var task = Map(Read("tekton.yaml"), "spec");
        var step = (YamlMappingNode)Assert.Single((YamlSequenceNode)task.Children["steps"]);
        var context = Map(step, "securityContext");
        Assert.Equal("Unconfined", Text(Map(context, "seccompProfile"), "type"));
        var script = Text(step, "script").Replace("$(params.image)", $"{registry.Host}/team/app:1", StringComparison.Ordinal).Replace("$(params.cache)", $"{registry.Host}/team/cache", StringComparison.Ordinal);
        var variables = ((YamlSequenceNode)step.Children["env"]).Cast<YamlMappingNode>().Where(static pair => Text(pair, "name") != "REGISTRY_AUTH_FILE");
        RunInContainer(
            script,
            [
                "--user", Text(context, "runAsUser"), "--security-opt", "seccomp=unconfined",
                .. variables.SelectMany(static pair => (string[])["-e", $"{Text(pair, "name")}={Text(pair, "value")}"]),
            ]);
        RequireImage($"{registry.Host}/team/app:1", null);
    }

    [Fact]
    public void What_GitHub_runs_builds_and_pushes_as_an_ordinary_user()
    {
        using var registry = RegistryServer.Start(debian.Home, RegistryServer.Htpasswd(debian.Home));
        using var user = new OrdinaryUser();
        var workflow = Read("github-actions.yml");
        var values = new Dictionary<string, string>
        {
            ["vars.REGISTRY"] = registry.Host,
            ["github.repository"] = "team/app",
            ["github.actor"] = RegistryServer.User,
            ["github.sha"] = "0123abc",
            ["secrets.GITHUB_TOKEN"] = RegistryServer.Password,
        };
        var image = Fill(Text(Map(workflow, "env"), "IMAGE"), values);
        var job = Map(Map(workflow, "jobs"), "image");
        // What prepares the hosted machine as root is not this machine's business.
        var steps = ((YamlSequenceNode)job.Children["steps"]).Cast<YamlMappingNode>().Where(static step => step.Children.ContainsKey("run"))
            .Select(static step => Text(step, "run")).Where(static command => !command.StartsWith("sudo ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, steps.Count);
        user.Write("work/Dockerfile", Dockerfile);
        File.Copy("/bin/busybox", user.In("work/busybox"));
        BldHome.Peer("chown", "-R", user.Name, user.In("work"));
        var said = "";
        foreach (var step in steps)
        {
            said += user.Succeed($"cd {user.In("work")} && export GITHUB_ACTIONS=true IMAGE={image} && ( {Fill(step, values)} ) 2>&1");
        }

        Assert.Contains("::group::", said, StringComparison.Ordinal);
        Assert.True(File.Exists(user.In("work/report.html")), "the artifact is missing");
        RequireImage($"{registry.Host}/team/app:0123abc", $"{RegistryServer.User}:{RegistryServer.Password}");
    }

    public void Dispose() => BldHome.Peer("rm", "-rf", _place);

    private static YamlMappingNode Read(string name)
    {
        using var reader = File.OpenText(Path.Combine(BldHome.Root, "examples/ci", name));
        var stream = new YamlStream();
        stream.Load(reader);
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }

    private static YamlMappingNode Map(YamlMappingNode node, string key) => (YamlMappingNode)node.Children[key];

    private static string Text(YamlMappingNode node, string key) => ((YamlScalarNode)node.Children[key]).Value!;

    private static IEnumerable<string> Lines(YamlMappingNode node, string key) => ((YamlSequenceNode)node.Children[key]).Select(static line => ((YamlScalarNode)line).Value!);

    private static string Fill(string text, Dictionary<string, string> values) => Expression().Replace(text, match => values[match.Groups["name"].Value]);

    [GeneratedRegex(@"\$\{\{ *(?<name>[\w.]+) *\}\}", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Expression();

    private static void RequireImage(string name, string? credentials)
    {
        string[] access = credentials is null ? [] : ["--creds", credentials];
        Assert.Contains("sha256:", BldHome.Peer("skopeo", ["inspect", "--tls-verify=false", .. access, "--format", "{{.Digest}}", $"docker://{name}"]), StringComparison.Ordinal);
    }

    private string RunInContainer(string script, string[] rights)
    {
        debian.BuildExample("self", "--build-context", $"out={Path.GetDirectoryName(BldHome.Executable)}");
        File.WriteAllText(Path.Combine(_place, "Dockerfile"), Dockerfile);
        File.Copy("/bin/busybox", Path.Combine(_place, "busybox"), overwrite: true);
        BldHome.Peer("chmod", "777", _place);
        return debian.RunByPodman("self", ["--network", "host", .. rights, "-v", $"{_place}:/work", "--workdir", "/work", "--entrypoint", "sh", $"({script}\n) 2>&1"]);
    }
}
