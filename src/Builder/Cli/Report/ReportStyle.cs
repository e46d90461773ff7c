namespace Bld.Builder.Cli.Report;

/// <summary>How the report looks: light and dark as the reader's system says, and on paper.</summary>
internal static class ReportStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1d232b;--dim:#67717e;--line:#e3e7ec;--card:#f7f8fa;--hit:#aeb9c6;--miss:#3b7dd8;--bad:#d13c3c;--wait:#e6eaef;--crit:#e0862a;--good:#2b8a57;--warn:#b97a00}
        @media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e4e8ed;--dim:#8d98a5;--line:#2a313a;--card:#1b2027;--hit:#4d5967;--miss:#5b9bf0;--bad:#f06a6a;--wait:#262d36;--crit:#f0a050;--good:#5cc48d;--warn:#e6b450}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:1080px;padding:40px 28px 64px;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
        h1{font-size:26px;line-height:1.25;margin:0 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
        h2{font-size:17px;margin:44px 0 12px}
        p{margin:6px 0}code,.mono,td.i,svg text{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
        code,.mono{font-size:.9em}.dim{color:var(--dim)}.sub{color:var(--dim);margin:0 0 22px;overflow-wrap:anywhere}
        .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0}
        .facts div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 16px}
        .facts dt{color:var(--dim);font-size:13px}.facts dd{margin:2px 0 0;font-size:21px;font-weight:600;font-variant-numeric:tabular-nums}.facts small{display:block;font-size:12.5px;font-weight:400;color:var(--dim)}
        table{border-collapse:collapse;width:100%;font-size:13.5px}
        th{text-align:left;font-weight:500;color:var(--dim);border-bottom:1px solid var(--line);padding:4px 8px 4px 0;white-space:nowrap}
        td{padding:4px 8px 4px 0;vertical-align:top;border-bottom:1px solid var(--line)}
        td.n,th.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}td.i{font-size:12.5px;overflow-wrap:anywhere}
        tr.stage td{border:0;padding-top:16px;font-weight:600}
        .steps td.t{width:38%;padding-right:0}.steps td:nth-child(3){width:70px}.steps td:nth-child(4){width:84px;padding-right:16px}.bar{position:relative;height:12px;margin-top:4px}
        .bar i{position:absolute;top:0;height:12px;border-radius:2px;min-width:2px}.bar .w{background:var(--wait)}.bar .hit{background:var(--hit)}.bar .miss,.bar .config,.bar .base{background:var(--miss)}.bar .failed{background:var(--bad)}
        .bar .crit{box-shadow:0 3px 0 -1px var(--crit)}
        .why{color:var(--dim);font-family:system-ui,"DejaVu Sans",sans-serif;font-size:12.5px}
        .tag{display:inline-block;border-radius:4px;padding:0 6px;font-size:12px;line-height:18px;border:1px solid currentColor}.tag.hit{color:var(--dim)}.tag.miss{color:var(--miss)}.tag.failed{color:var(--bad)}.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
        .axis{display:flex;justify-content:space-between;color:var(--dim);font-size:11.5px;font-variant-numeric:tabular-nums}
        .key{display:flex;flex-wrap:wrap;gap:16px;color:var(--dim);font-size:12.5px;margin:10px 0 0}.key b{display:inline-block;width:12px;height:12px;border-radius:2px;vertical-align:-1px;margin-right:6px}
        .share{background:var(--miss);height:8px;border-radius:2px;min-width:1px;margin-top:6px}
        .map{width:100%;height:auto;display:block;border-radius:6px}.map text{font-size:10.5px;fill:var(--fg);pointer-events:none}.map .dim{fill:var(--dim)}.map .dir{fill:var(--card);stroke:var(--line);stroke-width:.6}
        .c0{fill:#c9d6e6;background:#c9d6e6}.c1{fill:#a9cbf2;background:#a9cbf2}.c2{fill:#b5e0c4;background:#b5e0c4}.c3{fill:#f6d3a8;background:#f6d3a8}.c4{fill:#d9c6f0;background:#d9c6f0}.c5{fill:#f3c0c6;background:#f3c0c6}.c6{fill:#b3e0e4;background:#b3e0e4}.c7{fill:#e8dfa6;background:#e8dfa6}
        @media(prefers-color-scheme:dark){.c0{fill:#3b4756;background:#3b4756}.c1{fill:#274c7a;background:#274c7a}.c2{fill:#265740;background:#265740}.c3{fill:#6b4a20;background:#6b4a20}.c4{fill:#4b3a6b;background:#4b3a6b}.c5{fill:#6b3440;background:#6b3440}.c6{fill:#20555c;background:#20555c}.c7{fill:#5b5526;background:#5b5526}}
        pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;margin:8px 0 16px;font-size:12.5px;line-height:1.45;overflow-x:auto}pre mark{background:none;color:var(--warn);font-weight:600}
        .two{display:grid;grid-template-columns:1fr 1fr;gap:32px}.two h2{margin-bottom:8px}@media(max-width:760px){.two{grid-template-columns:1fr;gap:0}body{padding:24px 14px}.steps td.t{width:26%}}
        footer{margin-top:48px;color:var(--dim);font-size:12.5px;border-top:1px solid var(--line);padding-top:12px}
        @media print{body{max-width:none;padding:0;font-size:11pt}h2{break-after:avoid}tr,svg,pre,.facts div{break-inside:avoid}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
        """;
}
