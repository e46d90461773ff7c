using System.Text;
using System.Text.Json;

using Bld.Runtime.Linux;

namespace Bld.Runtime.Oci;

/// <summary>
/// The directory that remembers containers between commands: ROOT/ID/ with state.json, the config.json that the container was
/// made from, and the socket that "start" knocks at. What has no state.json is not there yet, or never was.
/// </summary>
/// <param name="path">The directory; made when the first container is.</param>
public sealed class StateRoot(string path)
{
    internal const string StateFile = "state.json";
    internal const string ConfigFile = "config.json";
    internal const string StartSocket = "start";

    /// <summary>Where compiled filters are kept between commands.</summary>
    internal string FilterCache => $"{path}/.filters";

    /// <summary>A container's directory.</summary>
    /// <exception cref="ContainerException">The name could mean something else than a directory here.</exception>
    internal string PathOf(string id)
    {
        const int LongestName = 255;
        var isPlain = id.Length is > 0 and <= LongestName && id[0] != '.'
            && id.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '+' or '-' or '.');
        return isPlain ? $"{path}/{id}" : throw new ContainerException($"invalid container ID \"{id}\": letters, digits and _ + - . are allowed");
    }

    /// <summary>Claims a name: its directory is the caller's from now on.</summary>
    /// <exception cref="ContainerException">The name is taken.</exception>
    internal string Claim(string id)
    {
        var directory = PathOf(id);
        if (FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), 0x1C0) == Errno.ENOENT)
        {
            Directory.CreateDirectory(path);
            FileCalls.ChangeMode(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(path), 0x1C0);
        }

        _ = FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(FilterCache), 0x1C0);
        var errno = FileCalls.TryMakeDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(directory), 0x1C0);
        return errno switch
        {
            Errno.None => directory,
            Errno.EEXIST => throw new ContainerException($"container with id \"{id}\" exists already: delete it first, or choose another name", "create", id, errno),
            _ => throw new ContainerException($"make state directory {directory}: {errno.Describe()}", "create", directory, errno),
        };
    }

    /// <summary>Writes down all that there is to know of a container; <see cref="Publish"/> is what makes it known.</summary>
    internal void Prepare(OciState state, byte[] config)
    {
        var directory = PathOf(state.Id);
        File.WriteAllBytes($"{directory}/{ConfigFile}", config);
        File.WriteAllBytes($"{directory}/.{StateFile}", OciStateFile.Write(state));
    }

    /// <summary>Makes a container known.</summary>
    internal void Publish(string id)
    {
        var prepared = Encoding.UTF8.GetBytes($"{PathOf(id)}/.{StateFile}");
        var known = Encoding.UTF8.GetBytes($"{PathOf(id)}/{StateFile}");
        FileCalls.Rename(FileCalls.CurrentDirectory, prepared, FileCalls.CurrentDirectory, known);
    }

    /// <summary>A container by its name.</summary>
    /// <exception cref="ContainerException">There is none.</exception>
    public OciContainer Find(string id) =>
        TryFind(id) ?? throw new ContainerException($"container \"{id}\" does not exist", "find", id, Errno.ENOENT);

    /// <summary>A container by its name; null when there is none.</summary>
    public OciContainer? TryFind(string id)
    {
        var file = $"{PathOf(id)}/{StateFile}";
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return new OciContainer(this, OciStateFile.Read(File.ReadAllBytes(file)));
        }
        catch (JsonException failure)
        {
            throw new ContainerException($"{file} can't be read ({failure.Message}); delete --force {id} removes the container", "read", file);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>All containers, by name.</summary>
    /// <param name="warn">Hears of those whose state can't be read; null throws.</param>
    public IReadOnlyList<OciContainer> List(Action<string>? warn = null)
    {
        var containers = new List<OciContainer>();
        if (Directory.Exists(path))
        {
            foreach (var directory in Directory.GetDirectories(path).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(directory);
                try
                {
                    if (name[0] != '.' && TryFind(name) is { } container)
                    {
                        containers.Add(container);
                    }
                }
                catch (ContainerException failure) when (warn is not null)
                {
                    warn(failure.Message);
                }
            }
        }

        return containers;
    }

    /// <summary>Removes what a killed "create" left of a name; nothing happens when there is none.</summary>
    public void Forget(string id) => Remove(id);

    /// <summary>Forgets a container; its name is free again.</summary>
    internal void Remove(string id)
    {
        // The name first, so that no command finds a half of it.
        foreach (var name in (string[])[StateFile, ConfigFile, StartSocket])
        {
            _ = FileCalls.TryUnlink(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes($"{PathOf(id)}/{name}"));
        }

        if (FileCalls.TryRemoveDirectory(FileCalls.CurrentDirectory, Encoding.UTF8.GetBytes(PathOf(id))) is Errno.None or Errno.ENOENT)
        {
            return;
        }

        try
        {
            Directory.Delete(PathOf(id), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody else was quicker.
        }
    }
}
