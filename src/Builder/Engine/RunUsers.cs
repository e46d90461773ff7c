using System.Globalization;

using Bld.Builder.Snapshots;
using Bld.Runtime.Rootless;
using Bld.Runtime.Spec;

namespace Bld.Builder.Engine;

/// <summary>The user namespace of commands, where the settings want one.</summary>
internal static class RunUsers
{
    /// <summary>Adds it to a specification.</summary>
    public static LinuxSpec Apply(LinuxSpec linux, RunSettings settings)
    {
        if (!settings.OwnsUsers)
        {
            return linux;
        }

        var path = settings.Users is { } users && users.StartsWith('/') ? users : null;
        return linux with
        {
            Namespaces = [.. linux.Namespaces!, new NamespaceSpec { Type = "user", Path = path }],
            UidMappings = path is null ? Map(settings.UidMap) : null,
            GidMappings = path is null ? Map(settings.GidMap) : null,
        };
    }

    /// <summary>How the image's ids are shifted for it; null when they are the host's.</summary>
    public static IdShift? Shift(RunSettings settings)
    {
        if (!settings.OwnsUsers)
        {
            return null;
        }

        var (users, groups) = (Map(settings.UidMap), Map(settings.GidMap));
        return users.Concat(groups).All(static range => range.ContainerId == range.HostId) ? null : new IdShift(users, groups);
    }

    /// <summary>Ranges as <see cref="RunSettings.UidMap"/> has them.</summary>
    public static IReadOnlyList<string> Texts(IReadOnlyList<IdMapping> map) =>
        [.. map.Select(static range => string.Create(CultureInfo.InvariantCulture, $"{range.ContainerId}:{range.HostId}:{range.Size}"))];

    /// <summary>The ranges of such texts.</summary>
    public static IReadOnlyList<IdMapping> Map(IReadOnlyList<string> texts) => [.. texts.Select(static text => UserMaps.Parse(text.Split(':')))];
}
