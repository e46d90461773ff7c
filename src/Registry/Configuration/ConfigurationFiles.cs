namespace Bld.Registry.Configuration;

/// <summary>
/// Where container tools look for a configuration file: a path that was given, else the one that an environment variable names, else
/// the first of the user's, the administrator's and the distribution's; behind the latter their drop-ins. What <c>VARIABLE_OVERRIDE</c>
/// names comes last, in every case.
/// </summary>
public static class ConfigurationFiles
{
    /// <summary>The files to read; where two say something different, the later one counts.</summary>
    /// <param name="name">The file's name, such as <c>storage.conf</c>.</param>
    /// <param name="variable">The environment variable that names another file.</param>
    /// <param name="given">The path that the command line has.</param>
    public static IReadOnlyList<string> Locate(string name, string variable, string? given = null)
    {
        var files = new List<string>();
        if ((given ?? Environment.GetEnvironmentVariable(variable)) is { Length: > 0 } only)
        {
            files.Add(only);
        }
        else
        {
            var folders = Folders();
            files.AddRange(folders.Select(folder => $"{folder}/{name}").Where(File.Exists).Take(1));
            files.AddRange(Enumerable.Reverse(folders).SelectMany(folder => DropIns($"{folder}/{name}.d")));
        }

        if (Environment.GetEnvironmentVariable(variable + "_OVERRIDE") is { Length: > 0 } last)
        {
            files.Add(last);
        }

        return files;
    }

    /// <summary>Reads files and merges them; an empty table for none.</summary>
    /// <exception cref="RegistryException">One isn't there, can't be read or is no TOML.</exception>
    public static TomlTable Read(IEnumerable<string> files)
    {
        var merged = new TomlTable();
        foreach (var file in files)
        {
            merged.Merge(TomlReader.Parse(ReadText(file), file));
        }

        return merged;
    }

    /// <summary>The drop-ins of a folder in the order of their names; none when there is no folder.</summary>
    public static IReadOnlyList<string> DropIns(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.conf").Order(StringComparer.Ordinal)] : [];

    /// <summary>The user's, the administrator's and the distribution's folder, in the order in which they count.</summary>
    public static IReadOnlyList<string> Folders()
    {
        var home = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { Length: > 0 } set
            ? set
            : $"{Environment.GetFolderPath(Environment.SpecialFolder.UserProfile)}/.config";
        return [$"{home}/containers", "/etc/containers", "/usr/share/containers"];
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RegistryException($"cannot read the configuration file {file}: {error.Message}", error);
        }
    }
}
