# The one entry point on Windows, with the verbs of build.sh: ./build.ps1 --help lists them. The work is done by build/ (C#).
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot
if (-not (Get-Command dotnet -ErrorAction SilentlyContinue)) {
    [Console]::Error.WriteLine('build: the .NET 10 SDK was not found. Install it: winget install Microsoft.DotNet.SDK.10')
    exit 1
}
$env:DOTNET_CLI_TELEMETRY_OPTOUT = '1'
$env:DOTNET_NOLOGO = '1'
$program = 'artifacts/dotnet/bin/Build/release/pinion-build.dll'
$built = Get-Item $program -ErrorAction SilentlyContinue
$newer = Get-ChildItem build -File | Where-Object { -not $built -or $_.LastWriteTime -gt $built.LastWriteTime }
if ($newer) {
    $log = dotnet build build -c Release -v quiet --nologo
    if ($LASTEXITCODE -ne 0) { $log; exit 1 }
    (Get-Item $program).LastWriteTime = Get-Date
}
dotnet $program @args
exit $LASTEXITCODE
