using Bld.Builder.Engine.Images;
using Bld.Registry;

namespace Bld.Builder.Cli.Doctor;

/// <summary>Whether the registries answer that this user's configuration and credentials name. No other is asked.</summary>
internal static class RegistryChecks
{
    private const string Name = "registries";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks all of them at once.</summary>
    public static IReadOnlyList<Finding> Run(RegistryAccess access, CancellationToken cancellation)
    {
        IReadOnlyList<string> hosts;
        try
        {
            hosts = access.KnownHosts;
        }
        catch (RegistryException exception)
        {
            return [new Finding(Name, Health.Bad, exception.Message, "mend or remove the file")];
        }

        return hosts.Count == 0
            ? [new Finding(Name, Health.Good, "neither registries.conf nor a login names one to ask")]
            : [.. Task.WhenAll(hosts.Select(host => AskAsync(access, host, cancellation))).GetAwaiter().GetResult()];
    }

    private static async Task<Finding> AskAsync(RegistryAccess access, string host, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            using var client = access.Open(new RegistryName(host, "", "latest"));
            await client.PingAsync(limit.Token);
            return new Finding(Name, Health.Good, $"{host} answers");
        }
        catch (RegistryException exception)
        {
            return new Finding(Name, Health.Poor, $"{host}: {exception.Message}", "builds work without it, as long as no image has to come from there or go there");
        }
        catch (UriFormatException exception)
        {
            return new Finding(Name, Health.Poor, $"{host} is no host: {exception.Message}", "mend it in registries.conf, or log out of it");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Finding(Name, Health.Poor, $"{host} does not answer within {Patience.TotalSeconds:0} s", "look at the network, a proxy (HTTPS_PROXY, NO_PROXY) and a firewall");
        }
    }
}
