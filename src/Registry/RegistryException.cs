using System.Net;

namespace Bld.Registry;

/// <summary>An image that can't be read, written, found or fetched: what was tried, on what, and why it failed. Never holds a credential.</summary>
/// <param name="message">One sentence.</param>
/// <param name="inner">What the network or the file system said.</param>
public sealed class RegistryException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The registry's answer; null when there was none.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>Whether the same may work a moment later: a broken connection, a server in trouble, a registry that doesn't see yet what it has taken.</summary>
    public bool IsPassing { get; init; }
}
