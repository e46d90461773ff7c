using System.Globalization;

namespace Bld.Runtime.Oci;

/// <summary>The file that tells the caller init's number: complete as soon as it is there.</summary>
internal static class PidFile
{
    internal static void Write(string? path, int process)
    {
        if (path is null)
        {
            return;
        }

        var full = Path.GetFullPath(path);
        var temporary = $"{Path.GetDirectoryName(full)}/.{Path.GetFileName(full)}";
        File.WriteAllText(temporary, process.ToString(CultureInfo.InvariantCulture));
        File.Move(temporary, full, overwrite: true);
    }
}
