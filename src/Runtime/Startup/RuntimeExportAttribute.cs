namespace System.Runtime;

/// <summary>
/// Gives a method a name that the linker sees, without the transition into the runtime that UnmanagedCallersOnly brings: it can be called
/// before the runtime is there. The compiler knows the attribute by its name; the core library's own is not public.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RuntimeExportAttribute(string entryPoint) : Attribute
{
    /// <summary>The symbol.</summary>
    public string EntryPoint { get; } = entryPoint;
}
