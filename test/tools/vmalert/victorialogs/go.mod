module github.com/VictoriaMetrics/VictoriaLogs

go 1.26.7
