namespace Bld.Registry;

/// <summary>How registries are spoken to.</summary>
public sealed record RegistryOptions
{
    private static readonly TimeSpan Worthy = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether certificates must be good. False allows bad ones and plain HTTP; null means true, but for registries on this machine,
    /// which may speak plain HTTP, and for those that the configuration calls insecure.
    /// </summary>
    public bool? VerifiesTls { get; init; }

    /// <summary>The credentials file; null for the usual places.</summary>
    public string? AuthFile { get; init; }

    /// <summary>
    /// Who is asked for credentials, in order: programs by their suffix, and <c>containers-auth.json</c> for the files (registries.conf,
    /// <c>credential-helpers</c>). None means the files.
    /// </summary>
    public IReadOnlyList<string> CredentialHelpers { get; init; } = [];

    /// <summary>Credentials that the user gave for this call; null looks them up.</summary>
    public Credentials? Credentials { get; init; }

    /// <summary>A directory with <c>*.crt</c> (authorities), <c>*.cert</c> and <c>*.key</c> (this client); null for the usual places.</summary>
    public string? CertificateDirectory { get; init; }

    /// <summary>How long nothing may arrive before a connection counts as dead.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How often something that failed for a passing reason is tried again.</summary>
    public int Retries { get; init; } = 4;

    /// <summary>The first pause before another try; null for a short one that doubles.</summary>
    public TimeSpan? RetryDelay { get; init; }

    /// <summary>Hears, a sentence each, of further tries that people wait for.</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Tells of a further try after a long silence or before a long pause; short ones are nobody's business.</summary>
    /// <param name="why">What was asked, and why it is asked again.</param>
    /// <param name="attempt">0 for the first further try.</param>
    /// <param name="waited">How long the try before took.</param>
    /// <param name="pause">How long it is until the next.</param>
    public void Tell(string why, int attempt, TimeSpan waited, TimeSpan pause)
    {
        // A timer may be early by its clock's tick.
        var tick = TimeSpan.FromMilliseconds(50);
        if (waited >= Worthy || waited + tick >= StallTimeout || pause >= Worthy)
        {
            Report?.Invoke($"{why.TrimEnd('.')}; trying again{(pause >= Worthy ? $" in {pause.TotalSeconds:0.#} s" : "")} ({attempt + 1} of {Retries})");
        }
    }

    /// <summary>The pause before a further try.</summary>
    /// <param name="attempt">0 for the first.</param>
    public TimeSpan PauseBefore(int attempt)
    {
        var longest = TimeSpan.FromSeconds(20);
        if (RetryDelay is { } fixedDelay)
        {
            return fixedDelay < longest ? fixedDelay : longest;
        }

        // Jitter keeps the clients of a registry that comes back from arriving all at once.
#pragma warning disable CA5394 // not a secret
        var milliseconds = 200 * Math.Pow(2, Math.Min(attempt, 6)) * (0.75 + (Random.Shared.NextDouble() / 2));
#pragma warning restore CA5394
        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
