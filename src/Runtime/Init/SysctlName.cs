namespace Bld.Runtime.Init;

/// <summary>A sysctl's name as people and files have it (sysctl(8)).</summary>
internal static class SysctlName
{
    /// <summary>Its path below /proc/sys. What separates first is the separator; the other sign, behind a dot, is one of an element's own.</summary>
    internal static string PathOf(string name)
    {
        var first = name.AsSpan().IndexOfAny('.', '/');
        return first < 0 || name[first] == '/' ? name : string.Create(name.Length, name, static (path, text) =>
        {
            for (var i = 0; i < path.Length; i++)
            {
                path[i] = text[i] switch { '.' => '/', '/' => '.', var letter => letter };
            }
        });
    }
}
