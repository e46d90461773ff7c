namespace Bld.Runtime.Plans;

/// <summary>What the spec asks for and can't have: refused with a word, never left out in silence.</summary>
internal static class UnsupportedParts
{
    /// <exception cref="ContainerException">The spec asks for one of them.</exception>
    internal static void Refuse(ContainerRequest request)
    {
        var spec = request.Spec;
        if (!string.IsNullOrEmpty(spec.Hostname) && spec.Linux?.Namespaces?.Any(static item => item.Type == "uts") != true)
        {
            throw new ContainerException("the container's host name would change the host's: it needs a uts namespace", "hostname", spec.Hostname);
        }

        if (spec.Process?.Terminal == true && request.ConsoleSocket is null)
        {
            throw new ContainerException("a terminal is wanted, and there is no console socket to send it to", "console");
        }
    }
}
