using Bld.Runtime.Init;
using Bld.Runtime.Plans;
using Bld.Runtime.Spec;

namespace Bld.Runtime.Security;

/// <summary>AppArmor profiles and SELinux labels: set where the host's kernel runs that module, a stated no-op where not.</summary>
internal static class SecurityLabels
{
    internal static void Plan(InitPlan plan, ProcessSpec? process, Action<string>? warn)
    {
        if (!string.IsNullOrEmpty(process?.ApparmorProfile) && process.ApparmorProfile != "unconfined")
        {
            if (File.Exists("/sys/kernel/security/apparmor/profiles"))
            {
                plan.AppArmorProfile = PlanBuilder.Bytes(process.ApparmorProfile);
            }
            else
            {
                warn?.Invoke($"AppArmor is not active on this host: profile {process.ApparmorProfile} is not applied");
            }
        }

        if (!string.IsNullOrEmpty(process?.SelinuxLabel))
        {
            if (File.Exists("/sys/fs/selinux/enforce"))
            {
                plan.SelinuxLabel = PlanBuilder.Bytes(process.SelinuxLabel);
            }
            else
            {
                warn?.Invoke($"SELinux is not active on this host: label {process.SelinuxLabel} is not applied");
            }
        }
    }
}
