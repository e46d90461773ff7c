using System.Text;

using Bld.Builder.Snapshots;
using Bld.Builder.Store;
using Bld.Registry;
using Bld.Runtime.Linux;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Tests.Layers;

/// <summary>All that a layer keeps of a tree, one line a name, so that trees can be compared.</summary>
internal static class TreeText
{
    internal static IReadOnlyList<string> Of(string path)
    {
        using var root = FileCalls.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        var lines = new List<string>();
        var inodes = new Dictionary<ulong, string>();
        Add(root, "", lines, inodes);
        return lines;
    }

    private static void Add(SafeFileHandle directory, string prefix, List<string> lines, Dictionary<ulong, string> inodes)
    {
        foreach (var entry in FileCalls.ReadDirectory(directory))
        {
            var name = entry.Name.Span;
            var status = FileCalls.Status(directory, name);
            var path = prefix + Encoding.Latin1.GetString(name);
            if (status.IsOverlayWhiteout)
            {
                lines.Add($"{path} gone");
                continue;
            }

            var line = new StringBuilder($"{path} {status.Kind} {Convert.ToString(status.Permissions, 8)} {status.UserId}:{status.GroupId} {status.ModifiedAt.Seconds}");
            if (!status.IsDirectory && status.Links > 1 && !inodes.TryAdd(status.Inode, path))
            {
                line.Append(" = ").Append(inodes[status.Inode]);
            }

            switch (status.Kind)
            {
                case FileKind.SymbolicLink:
                    line.Append(" -> ").Append(FileCalls.ReadLink(directory, name));
                    break;
                case FileKind.CharacterDevice or FileKind.BlockDevice:
                    line.Append(' ').Append(status.NodeDevice);
                    break;
                case FileKind.Regular:
                    using (var file = FileCalls.Open(directory, name, OpenFlags.ReadOnly))
                    {
                        AddAttributes(file, line);
                        line.Append(' ').Append(status.Size).Append(' ').Append(Digest.Of(StateDirectory.ReadToEnd(file)).Hex.AsSpan(0, 12));
                    }

                    break;
                case FileKind.Directory:
                    using (var child = FileCalls.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory))
                    {
                        AddAttributes(child, line);
                        lines.Add(line.ToString());
                        Add(child, path + "/", lines, inodes);
                    }

                    continue;
                default:
                    break;
            }

            lines.Add(line.ToString());
        }
    }

    private static void AddAttributes(SafeFileHandle file, StringBuilder line)
    {
        foreach (var name in FileCalls.AttributeNames(file).Order())
        {
            var value = FileCalls.Attribute(file, name.Span)!;
            if (ContentAttributes.Belongs(name.Span) || OverlayMarks.IsOpaque(name.Span, value))
            {
                line.Append($" {name}={Convert.ToHexString(value)}");
            }
        }
    }
}
