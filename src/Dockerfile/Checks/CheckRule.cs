namespace Bld.Dockerfile.Checks;

/// <summary>
/// A build check. Names, texts and addresses are those of Docker's build checks, so that what people find about them holds here.
/// </summary>
/// <param name="Name">As <c># check=skip=…</c> has it.</param>
/// <param name="Page">The last part of the address of its documentation; null when there is no page.</param>
/// <param name="Description">What it is for.</param>
/// <param name="IsExperimental">Whether it runs only when <c>experimental=</c> asks for it.</param>
public sealed record CheckRule(string Name, string? Page, string Description, bool IsExperimental = false)
{
    public static readonly CheckRule StageNameCasing = new("StageNameCasing", "stage-name-casing", "Stage names are best in lower case");

    public static readonly CheckRule FromAsCasing = new("FromAsCasing", "from-as-casing", "AS is best in the case of its FROM");

    public static readonly CheckRule NoEmptyContinuation = new(
        "NoEmptyContinuation", "no-empty-continuation", "An empty line inside an instruction may become an error one day");

    public static readonly CheckRule ConsistentInstructionCasing = new(
        "ConsistentInstructionCasing", "consistent-instruction-casing", "Instructions are best all in upper or all in lower case");

    public static readonly CheckRule DuplicateStageName = new("DuplicateStageName", "duplicate-stage-name", "Only the last stage of a name can be used");

    public static readonly CheckRule ReservedStageName = new("ReservedStageName", "reserved-stage-name", "Some names mean something else than a stage");

    public static readonly CheckRule JsonArgsRecommended = new(
        "JSONArgsRecommended", "json-args-recommended", "The shell that runs a CMD or ENTRYPOINT in shell form keeps signals to itself");

    public static readonly CheckRule MaintainerDeprecated = new(
        "MaintainerDeprecated", "maintainer-deprecated", "An author is best named by a label; MAINTAINER is from old times");

    public static readonly CheckRule UndefinedArgInFrom = new("UndefinedArgInFrom", "undefined-arg-in-from", "FROM sees only arguments declared before the first FROM");

    public static readonly CheckRule WorkdirRelativePath = new(
        "WorkdirRelativePath", "workdir-relative-path", "A relative directory without an absolute one before depends on the base image");

    public static readonly CheckRule UndefinedVar = new("UndefinedVar", "undefined-var", "A variable that nobody set is empty");

    public static readonly CheckRule MultipleInstructionsDisallowed = new(
        "MultipleInstructionsDisallowed", "multiple-instructions-disallowed", "Of these instructions only the last one of a stage has an effect");

    public static readonly CheckRule LegacyKeyValueFormat = new("LegacyKeyValueFormat", "legacy-key-value-format", "Pairs are best written with an equals sign");

    public static readonly CheckRule InvalidBaseImagePlatform = new("InvalidBaseImagePlatform", null, "The base image is for another platform");

    public static readonly CheckRule RedundantTargetPlatform = new(
        "RedundantTargetPlatform", "redundant-target-platform", "The target platform is what FROM uses anyway");

    public static readonly CheckRule SecretsUsedInArgOrEnv = new(
        "SecretsUsedInArgOrEnv", "secrets-used-in-arg-or-env", "What ARG and ENV hold can be read from the image");

    public static readonly CheckRule InvalidDefaultArgInFrom = new(
        "InvalidDefaultArgInFrom", "invalid-default-arg-in-from", "Without build arguments the base image has no valid name");

    public static readonly CheckRule FromPlatformFlagConstDisallowed = new(
        "FromPlatformFlagConstDisallowed", "from-platform-flag-const-disallowed", "A fixed platform makes an image of which only one platform can be built");

    public static readonly CheckRule CopyIgnoredFile = new("CopyIgnoredFile", "copy-ignored-file", "An ignored file is not in the build context");

    public static readonly CheckRule InvalidDefinitionDescription = new(
        "InvalidDefinitionDescription",
        "invalid-definition-description",
        "A comment right above an ARG or a named FROM is taken for its description, which begins with its name",
        IsExperimental: true);

    public static readonly CheckRule ExposeProtoCasing = new("ExposeProtoCasing", "expose-proto-casing", "Protocols are best in lower case");

    public static readonly CheckRule ExposeInvalidFormat = new(
        "ExposeInvalidFormat", "expose-invalid-format", "EXPOSE names ports of the image; addresses and the host's ports mean nothing in it");

    /// <summary>Where to read more; null when there is no page.</summary>
    public string? Url => Page is null ? null : $"https://docs.docker.com/go/dockerfile/rule/{Page}/";
}
