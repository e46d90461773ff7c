using System.Globalization;
using System.Text;

using Microsoft.Win32.SafeHandles;

namespace Bld.Builder.Layers.Encryption;

/// <summary>The passphrase of a private key, as a command line gives it. It is never part of an error.</summary>
internal static class Passphrase
{
    /// <summary>Reads what follows the colon of <c>FILE:PASSPHRASE</c>.</summary>
    /// <param name="path">The key's file, for errors.</param>
    /// <param name="text"><c>pass=TEXT</c>, <c>file=FILE</c>, <c>fd=NUMBER</c>, or the passphrase itself.</param>
    public static byte[] Read(string path, string text) =>
        text.StartsWith("pass=") ? Encoding.UTF8.GetBytes(text[5..])
        : text.StartsWith("file=") ? File.ReadAllBytes(text[5..])
        : text.StartsWith("fd=") ? ReadDescriptor(path, text[3..])
        : Encoding.UTF8.GetBytes(text);

    private static byte[] ReadDescriptor(string path, string number)
    {
        if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor))
        {
            throw DecryptionKey.Invalid(path, "fd= must be followed by the number of an open file descriptor");
        }

        try
        {
            using var file = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, 0);
            using var all = new MemoryStream();
            file.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw DecryptionKey.Invalid(path, $"the passphrase can't be read from file descriptor {descriptor}: {exception.Message}");
        }
    }
}
