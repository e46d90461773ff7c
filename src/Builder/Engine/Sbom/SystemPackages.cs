using System.ComponentModel;
using System.Diagnostics;

namespace Bld.Builder.Engine.Sbom;

/// <summary>What the package managers of distributions have installed: the databases of dpkg, apk and rpm.</summary>
internal sealed class SystemPackages(ImageTree tree, Action<string> warn)
{
    private static readonly string[] RpmFolders = ["usr/lib/sysimage/rpm", "var/lib/rpm"];
    private static readonly string[] RpmFiles = ["rpmdb.sqlite", "Packages.db", "Packages"];

    /// <summary>All of them.</summary>
    public IEnumerable<SoftwarePackage> Find()
    {
        var distribution = Distribution();
        var lists = tree.List("var/lib/dpkg/status.d").Where(static name => !name.EndsWith(".md5sums")).Select(static name => "var/lib/dpkg/status.d/" + name);
        return lists.Prepend("var/lib/dpkg/status").SelectMany(path => Debian(path, distribution ?? "debian"))
            .Concat(Alpine("lib/apk/db/installed", distribution ?? "alpine"))
            .Concat(Alpine("usr/lib/apk/db/installed", distribution ?? "alpine"))
            .Concat(Rpm(distribution ?? "rpm"));
    }

    private string? Distribution() =>
        (tree.ReadText("etc/os-release") ?? tree.ReadText("usr/lib/os-release"))?.Split('\n')
            .FirstOrDefault(static line => line.StartsWith("ID="))?[3..].Trim('"', '\'', ' ', '\r');

    private IEnumerable<SoftwarePackage> Debian(string path, string distribution)
    {
        foreach (var fields in Paragraphs(path, ": "))
        {
            var isInstalled = !fields.TryGetValue("Status", out var status) || status.EndsWith(" installed");
            if (isInstalled && fields.TryGetValue("Package", out var name) && fields.TryGetValue("Version", out var version))
            {
                yield return new SoftwarePackage("deb", name, version) { Distribution = distribution, Architecture = fields.GetValueOrDefault("Architecture") };
            }
        }
    }

    private IEnumerable<SoftwarePackage> Alpine(string path, string distribution)
    {
        foreach (var fields in Paragraphs(path, ":"))
        {
            if (fields.TryGetValue("P", out var name) && fields.TryGetValue("V", out var version))
            {
                yield return new SoftwarePackage("apk", name, version)
                {
                    Distribution = distribution,
                    Architecture = fields.GetValueOrDefault("A"),
                    License = fields.GetValueOrDefault("L"),
                };
            }
        }
    }

    // Paragraphs of "Name: value" lines; what goes on over several lines is of no interest here.
    private IEnumerable<Dictionary<string, string>> Paragraphs(string path, string separator)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (tree.ReadText(path) ?? "").Split('\n').Append(""))
        {
            var colon = line.IndexOf(separator, StringComparison.Ordinal);
            if (line.Length == 0 && fields.Count > 0)
            {
                yield return fields;
                fields = new Dictionary<string, string>(StringComparer.Ordinal);
            }
            else if (colon > 0 && line[0] != ' ')
            {
                fields.TryAdd(line[..colon], line[(colon + separator.Length)..].Trim());
            }
        }
    }

    // Three formats of database are in use; the program rpm knows all of them.
    private IReadOnlyList<SoftwarePackage> Rpm(string distribution)
    {
        foreach (var (folder, file) in RpmFolders.SelectMany(static folder => RpmFiles.Select(file => (folder, file))))
        {
            if (tree.ReadBytes($"{folder}/{file}") is { } database)
            {
                return ReadRpm(file, database, distribution);
            }
        }

        return [];
    }

    private IReadOnlyList<SoftwarePackage> ReadRpm(string file, byte[] database, string distribution)
    {
        var copy = Directory.CreateTempSubdirectory("bld-rpm-").FullName;
        try
        {
            File.WriteAllBytes($"{copy}/{file}", database);
            using var process = Process.Start(new ProcessStartInfo(
                "rpm", ["--dbpath", copy, "-qa", "--qf", "%{NAME}\\t%{VERSION}-%{RELEASE}\\t%{ARCH}\\t%{LICENSE}\\n"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            })!;
            var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            process.WaitForExit();
            return [.. lines.Select(static line => line.Split('\t')).Where(static parts => parts.Length == 4 && parts[0] != "gpg-pubkey")
                .Select(parts => new SoftwarePackage("rpm", parts[0], parts[1]) { Distribution = distribution, Architecture = parts[2], License = parts[3] })];
        }
        catch (Win32Exception)
        {
            warn("the image has a database of rpm, and the program rpm is not installed: its packages are missing in the SBOM");
            return [];
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
