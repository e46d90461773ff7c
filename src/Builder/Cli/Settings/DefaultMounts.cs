using Bld.Builder.Cli.Flags;
using Bld.Registry.Configuration;

namespace Bld.Builder.Cli.Settings;

/// <summary>
/// mounts.conf: directories of the host that every RUN sees, as a distribution's subscriptions. A line is <c>source:target</c>, or one path
/// for both. What commands write there is thrown away.
/// </summary>
internal static class DefaultMounts
{
    /// <summary>The volumes, as <c>--volume</c> takes them. Sources that aren't there are left out.</summary>
    /// <param name="given">The file that the command line names; null for the usual one, which need not be there.</param>
    /// <exception cref="UsageException">The file that was named can't be read.</exception>
    public static IEnumerable<string> Read(string? given)
    {
        var file = given ?? ConfigurationFiles.Folders().Select(static folder => $"{folder}/mounts.conf").FirstOrDefault(File.Exists);
        if (file is null)
        {
            return [];
        }

        if (!File.Exists(file))
        {
            throw new UsageException($"--default-mounts-file: there is no file {file}");
        }

        return File.ReadLines(file).Select(static line => line.Trim()).Where(static line => line.Length > 0 && line[0] != '#').SelectMany(Volume);
    }

    private static IEnumerable<string> Volume(string line)
    {
        var parts = line.Split(':', 2);
        var (source, target) = (parts[0], parts[^1]);
        var names = Directory.Exists(source) ? new DirectoryInfo(source).GetFileSystemInfos() : [];

        // A link in it (a subscription's certificates lie elsewhere) leads nowhere in a container: then each name is mounted as what it leads to.
        return names.Any(static name => name.LinkTarget is not null)
            ? names.SelectMany(name => Volume((name.ResolveLinkTarget(returnFinalTarget: true) ?? name).FullName, $"{target}/{name.Name}"))
            : Volume(source, target);
    }

    private static IEnumerable<string> Volume(string source, string target) =>
        Directory.Exists(source) ? [$"{source}:{target}:O"] : File.Exists(source) ? [$"{source}:{target}:ro"] : [];
}
